"""The connector against Google Ads over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests

from stratum.platforms.google_ads import GoogleAds
from stratum.platforms.google_money import from_micros, to_micros
from stratum.platforms.google_mutate import checked, outcomes_of
from stratum.platforms.http import NoAnswer, Refused, TryLater
from stratum.platforms.meta_batch import Written
from stratum.platforms.meta_errors import Stop
from stratum.sandbox import AccountProfile, Sandbox, SandboxConfig

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
SINCE, UNTIL = date(2026, 11, 18), date(2026, 11, 20)
SHARED = 2


def profile(number: str, currency: str, **more: Any) -> AccountProfile:
    values = {"campaigns": 4, "ad_sets": 6, "ads": 9} | more
    return AccountProfile(external_id=number, name=f"In {currency}", currency=currency, platform="google", **values)


USD, JPY, KWD = "4155550101", "4155550102", "4155550103"
ACCOUNTS = (profile(USD, "USD", shared_budgets=SHARED), profile(JPY, "JPY"), profile(KWD, "KWD"))


@pytest.fixture(scope="module")
def market() -> Iterator[Sandbox]:
    config = SandboxConfig(
        history_days=3, now=NOW.isoformat(), accounts=ACCOUNTS, deliver_history=False, google_page_rows=4
    )
    with Sandbox(config).start() as sandbox:
        yield sandbox


@pytest.fixture
def google(market: Sandbox) -> Iterator[GoogleAds]:
    market.faults.clear()
    market.log.entries.clear()
    yield GoogleAds(market.config.access_token, USD, market.graph_url)
    market.faults.clear()


def of(market: Sandbox, account: str) -> GoogleAds:
    return GoogleAds(market.config.access_token, account, market.graph_url)


def own(market: Sandbox, account: str = USD) -> list[Any]:
    return [one for one in market.world.account_by_id[account].campaigns if not one.explicitly_shared]


def mutates(market: Sandbox) -> list[Any]:
    return [entry for entry in market.log.entries if entry.path.endswith(":mutate")]


def test_the_structure_names_parents_and_only_campaigns_hold_budgets(google, market):
    structure, truth = google.structure(USD), market.world.account_by_id[USD]
    assert [len(structure.campaigns), len(structure.ad_sets), len(structure.ads)] == [4, 6, 9], "read in pages of four"
    assert {ad.adset_id for ad in structure.ads} <= {group.id for group in structure.ad_sets}
    assert {group.campaign_id for group in structure.ad_sets} == {campaign.id for campaign in structure.campaigns}
    assert {group.daily_budget for group in structure.ad_sets} == {None}
    held = {one.id: None if one.explicitly_shared else one.daily_budget // 10_000 for one in truth.campaigns}
    assert {campaign.id: campaign.daily_budget for campaign in structure.campaigns} == held
    assert google.facts(USD).currency == "USD" and google.facts(USD).timezone == "America/New_York"


def test_what_lies_in_a_paused_campaign_is_not_active(google, market):
    campaign = own(market)[0]
    campaign.status = "PAUSED"
    try:
        structure = google.structure(USD)
    finally:
        campaign.status = "ACTIVE"
    groups = {group.id for group in structure.ad_sets if group.campaign_id == campaign.id}
    assert {group.status for group in structure.ad_sets if group.id in groups} == {"CAMPAIGN_PAUSED"}
    assert {ad.status for ad in structure.ads if ad.adset_id in groups} == {"CAMPAIGN_PAUSED"}
    assert {ad.status for ad in structure.ads if ad.adset_id not in groups} == {"ACTIVE"}


def test_performance_is_a_row_an_ad_and_day_and_sums_to_the_accounts_spend(google):
    rows = google.insights(USD, SINCE, UNTIL)
    assert len({(row.ad_id, row.day) for row in rows}) == len(rows) > 20
    assert all(SINCE <= row.day <= UNTIL and row.reach is None for row in rows)
    day = sum((row.spend for row in rows if row.day == UNTIL), Decimal(0))
    assert google.spend_of(USD, UNTIL) == day > 0


@pytest.mark.parametrize(("minor", "currency", "micros"), [(1234, "USD", 12_340_000), (1234, "JPY", 1_234_000_000), (1234, "KWD", 1_234_000)])  # fmt: skip
def test_micros_are_millionths_of_a_major_unit_whatever_its_decimals(minor, currency, micros):
    assert to_micros(minor, currency, billable=1) == micros
    assert from_micros(str(micros), currency) == minor


@pytest.mark.parametrize("minor", [0, -1, 12.5, True, None])
def test_what_is_no_amount_is_refused(minor):
    with pytest.raises(ValueError, match="positive whole number"):
        to_micros(minor, "USD", billable=10_000)


@pytest.mark.parametrize(("account", "currency", "minor", "micros"), [(JPY, "JPY", 4_321, 4_321_000_000), (KWD, "KWD", 12_340, 12_340_000)])  # fmt: skip
def test_budgets_are_read_and_written_in_iso_minor_units(google, market, account, currency, minor, micros):
    platform, campaign = of(market, account), own(market, account)[0]
    assert [one.written for one in platform.write_budgets([(campaign.id, minor)], currency=currency)] == [Written.APPLIED]  # fmt: skip
    assert campaign.daily_budget == micros, "neither a hundredth nor a hundredfold of it"
    assert platform.budgets([campaign.id], currency=currency) == {campaign.id: minor}


def test_what_the_currency_cannot_hold_is_refused_alone(google, market):
    platform, (first, second) = of(market, KWD), own(market, KWD)[:2]
    outcomes = platform.write_budgets([(first.id, 12_345), (second.id, 12_350)], currency="KWD")
    assert [one.written for one in outcomes] == [Written.REFUSED, Written.APPLIED]
    assert "steps of 10000 millionths" in outcomes[0].message
    assert platform.minimum_budgets(KWD, currency="KWD") == 10 and google.minimum_budgets(USD, currency="USD") == 1


def test_a_partial_failure_is_that_operations_alone(google, market):
    before, campaigns = len(market.world.edits), own(market)
    market.faults.add("refuse_operation", index=1)
    outcomes = google.write_budgets([(one.id, 5_000) for one in campaigns], currency="USD")
    assert [one.written for one in outcomes] == [Written.APPLIED, Written.REFUSED]
    assert "campaignBudgetError.MONEY_AMOUNT_TOO_LARGE" in outcomes[1].message
    assert [edit.node_id for edit in market.world.edits[before:]] == [campaigns[0].id]
    assert len(mutates(market)) == 1


def test_a_shared_budget_is_nobodys_and_is_never_written(google, market):
    before = len(market.world.edits)
    sharing = [one for one in google.standing(USD, currency="USD") if one.fixed_budget]
    assert len(sharing) == SHARED and len({one.fixed_budget.id for one in sharing}) == 1
    assert {one.daily_budget for one in sharing} == {None} == set(google.budgets([one.id for one in sharing], currency="USD").values())  # fmt: skip
    assert [one.budgets_at(NOW)["fixed_budget"] for one in sharing] == [market.world.campaigns[sharing[0].id].daily_budget // 10_000] * SHARED  # fmt: skip
    outcomes = google.write_budgets([(one.id, 5_000) for one in sharing], currency="USD")
    assert [one.written for one in outcomes] == [Written.REFUSED] * SHARED
    assert outcomes[0].message == f"the budget is shared by 2 campaigns: {sharing[0].name}, {sharing[1].name}"
    assert len(market.world.edits) == before and not mutates(market)


def test_a_check_says_what_would_happen_and_changes_nothing(google, market):
    campaign, before = own(market)[0], len(market.world.edits)
    shared = next(one for one in market.world.account_by_id[USD].campaigns if one.explicitly_shared)
    outcomes = google.check_budgets([(campaign.id, 7_700), (shared.id, 7_700)], currency="USD")
    assert [one.written for one in outcomes] == [Written.APPLIED, Written.REFUSED]
    assert mutates(market)[-1].body["validateOnly"] is True and len(market.world.edits) == before


def test_a_quota_that_is_used_up_holds_the_next_call_back(google, market):
    market.faults.add("rate_limit", path=":mutate", seconds=900)
    with pytest.raises(TryLater) as waits:
        google.write_budgets([(own(market)[0].id, 5_000)], currency="USD")
    assert waits.value.seconds == 900 and 890 < google.wait <= 900 and google.room_for_writes() == 0
    asked = len(market.log.entries)
    with pytest.raises(TryLater):
        google.facts(USD)
    assert len(market.log.entries) == asked


@pytest.mark.parametrize(("fault", "applied"), [("timeout_after_apply", True), ("html_502", False), ("internal_error", False), ("internal_error", True)])  # fmt: skip
def test_a_write_without_an_answer_is_never_repeated(google, market, fault, applied):
    campaign = own(market)[0]
    wanted = campaign.daily_budget // 10_000 + 100
    market.faults.add(fault, path=":mutate", **({"applied": applied} if fault == "internal_error" else {}))
    with pytest.raises(NoAnswer):
        google.write_budgets([(campaign.id, wanted)], currency="USD")
    assert len(mutates(market)) == 1
    assert (google.budgets([campaign.id], currency="USD")[campaign.id] == wanted) == applied


def test_no_answer_to_the_reading_before_a_write_is_no_unknown_outcome(google, market, monkeypatch):
    monkeypatch.setattr("stratum.platforms.http.time.sleep", lambda seconds: None)
    market.faults.add("html_502", times=None, path="googleAds:search")
    with pytest.raises(TryLater):
        google.write_budgets([(own(market)[0].id, 5_000)], currency="USD")
    assert not mutates(market)


def test_a_dead_token_and_a_foreign_account_stop(google, market):
    market.faults.add("token_expired")
    with pytest.raises(Stop, match=r"authenticationError\.OAUTH_TOKEN_EXPIRED"):
        google.facts(USD)
    with pytest.raises(Stop, match=r"authorizationError\.USER_PERMISSION_DENIED"):
        of(market, "9999999999").facts("9999999999")


def test_an_unknown_field_is_an_error_and_not_an_empty_column(google):
    for fields, resource, where in (("campaign.colour", "campaign", ()), ("campaign.id", "campaign", ("campaign.colour = 'red'",)), ("x.id", "x", ())):  # fmt: skip
        with pytest.raises(Refused, match="queryError"):
            google._rest.search(fields, resource, *where)


def test_the_manager_that_signs_in_is_named_and_no_developer_token(google, market, settings):
    settings.GOOGLE_TOKEN_URL = market.graph_url
    leave = {"client_id": "c", "client_secret": "s", "refresh_token": market.config.access_token, "login_customer_id": "123-456-7890"}  # fmt: skip
    managed = GoogleAds(json.dumps(leave), "415-555-0101", market.graph_url)
    assert managed._rest._headers == {"login-customer-id": "1234567890"}
    assert managed.facts(USD).currency == "USD"


def test_statuses_are_set_and_read_in_the_words_of_the_product(google, market):
    first, second = own(market)
    assert [one.written for one in google.write_statuses([(first.id, "PAUSED")])] == [Written.APPLIED]
    assert google.statuses([first.id, second.id, "404"]) == {first.id: "PAUSED", second.id: "ACTIVE"}
    google.write_statuses([(first.id, "ACTIVE")])
    assert first.status == "ACTIVE"


def test_meta_does_not_know_an_account_of_googles(market):
    token = {"Authorization": f"Bearer {market.config.access_token}"}
    for node in (f"act_{USD}", own(market)[0].id):
        answer = requests.get(f"{market.graph_url}/v26.0/{node}", headers=token, timeout=10).json()
        assert answer["error"]["error_subcode"] == 33


def failure(kind: str, value: str, *path: Any, **details: Any) -> dict[str, Any]:
    elements = [{"fieldName": name} if index is None else {"fieldName": name, "index": index} for name, index in path]
    return {"errorCode": {kind: value}, "message": "No.", "location": {"fieldPathElements": elements}} | details


FIRST, SECOND, NOBODYS = ("operations", 0), ("operations", 1), ("resource_name", None)
WAIT = {"details": {"quotaErrorDetails": {"retryDelay": "30s"}}}


@pytest.mark.parametrize(
    ("failed", "named", "written"),
    [
        ([], "ab", ["applied", "applied"]),
        ([], "", ["unknown", "unknown"]),
        ([failure("campaignBudgetError", "X", SECOND)], "a", ["applied", "refused"]),
        ([failure("campaignBudgetError", "X", FIRST)], ".b", ["refused", "applied"]),
        ([failure("campaignBudgetError", "X", ("operations", None))], ".b", ["refused", "applied"]),
        ([failure("mutateError", "RESOURCE_NOT_FOUND", NOBODYS)], ".b", ["unknown", "applied"]),
        ([failure("campaignBudgetError", "X", FIRST)], "ab", ["unknown", "applied"]),
        ([failure("quotaError", "RESOURCE_EXHAUSTED", SECOND, **WAIT)], "a", ["applied", "later"]),
        ([failure("databaseError", "CONCURRENT_MODIFICATION", FIRST)], ".b", ["later", "applied"]),
        ([failure("authorizationError", "USER_PERMISSION_DENIED", FIRST)], ".b", ["later", "applied"]),
        ([failure("internalError", "TRANSIENT_ERROR", FIRST)], ".b", ["unknown", "applied"]),
    ],
)
def test_each_operation_has_an_outcome_of_its_own(failed, named, written):
    kind = "type.googleapis.com/google.ads.googleads.v23.errors.GoogleAdsFailure"
    results = [{"resourceName": name} if name != "." else {} for name in named]
    answer = {"results": results, "partialFailureError": {"code": 3, "details": [{"@type": kind, "errors": failed}]}}
    outcomes = outcomes_of(answer, 2)
    assert [one.written for one in outcomes] == written
    assert {one.seconds for one in outcomes if "quotaError" in one.message} <= {30.0}
    assert [one.written for one in checked({}, 1)] == [Written.APPLIED]
