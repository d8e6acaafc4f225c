"""The connector against a Graph over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from stratum.platforms.conversion_kinds import chosen_kind
from stratum.platforms.findings import Findings
from stratum.platforms.http import NoAnswer, TryLater
from stratum.platforms.meta_ads import MetaAds
from stratum.platforms.meta_batch import Written
from stratum.platforms.meta_errors import Stop
from stratum.platforms.meta_insights import parsed_rows
from stratum.platforms.nodes import FixedBudget
from stratum.sandbox import AccountProfile, Sandbox, SandboxConfig

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
ACCOUNTS = (
    AccountProfile(ad_sets=6, ads=12, campaigns=3),
    AccountProfile(
        external_id="77", currency="HUF", timezone="Europe/Budapest", ad_sets=2, ads=2, campaigns=2, campaign_budgets=0
    ),
)
SINCE, UNTIL = date(2026, 11, 18), date(2026, 11, 20)


@pytest.fixture(scope="module")
def market() -> Iterator[Sandbox]:
    with Sandbox(
        SandboxConfig(history_days=3, now=NOW.isoformat(), accounts=ACCOUNTS, deliver_history=False, async_seconds=0.2)
    ).start() as sandbox:
        yield sandbox


@pytest.fixture
def meta(market: Sandbox) -> Iterator[MetaAds]:
    market.faults.clear()
    yield MetaAds(market.config.access_token, market.graph_url)
    market.faults.clear()


def test_the_structure_names_parents_and_budgets(meta, market):
    structure = meta.structure(ACCOUNTS[0].external_id)
    truth = market.world.accounts[0]
    assert (len(structure.campaigns), len(structure.ad_sets), len(structure.ads)) == (
        len(truth.campaigns),
        len(truth.ad_sets),
        len(truth.ads),
    )
    assert {a.adset_id for a in structure.ads} <= {s.id for s in structure.ad_sets}
    assert {s.campaign_id for s in structure.ad_sets} <= {c.id for c in structure.campaigns}
    assert {s.id: s.daily_budget for s in structure.ad_sets} == {s.id: s.daily_budget for s in truth.ad_sets}


def test_budgets_are_read_and_written_in_iso_minor_units(meta, market):
    budgets = {s.id: s.daily_budget for s in meta.structure("act_77").ad_sets}
    node, minor = next(iter(budgets.items()))
    assert market.world.ad_sets[node].daily_budget * 100 == minor
    assert meta.write_budgets([(node, minor + 100)], currency="HUF")[0].written == Written.APPLIED
    assert meta.budgets([node], currency="HUF") == {node: minor + 100}
    assert meta.minimum_budgets("77", currency="HUF") == 36_000


def test_a_check_says_what_would_happen_and_changes_nothing(meta, market):
    budgets = [(one.id, one.daily_budget) for one in meta.structure("77").ad_sets]
    wanted = [(budgets[0][0], budgets[0][1] + 500), (budgets[1][0], 100)]
    before = len(market.world.edits)
    assert [one.written for one in meta.check_budgets(wanted, currency="HUF")] == [Written.APPLIED, Written.REFUSED]
    assert len(market.world.edits) == before and meta.budgets([wanted[0][0]], currency="HUF") == dict(budgets[:1])


def standing_calls(meta, market):
    """What stands on the first account, and the paths that were called for it."""
    first = len(market.log.entries)
    nodes = meta.standing(ACCOUNTS[0].external_id, currency="USD")
    return nodes, [entry.path for entry in market.log.entries[first:]]


def test_all_budgets_are_read_in_one_call(meta, market):
    nodes, called = standing_calls(meta, market)
    truth = market.world.accounts[0]
    held = [*truth.campaigns, *truth.ad_sets]
    assert {node.id: node.daily_budget for node in nodes} == {one.id: one.daily_budget for one in held}
    assert {node.id: node.campaign_id for node in nodes if node.campaign_id} == {
        one.id: one.campaign_id for one in truth.ad_sets
    }
    assert called == ["/v26.0/act_1029384756"]


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "amount, starts, ends, a_day",
    [
        (6_000, None, None, 6_000),
        (60_000, -5, 10, 6_000),
        (60_001, -5, 10, 6_001),
        (60_000, 5, 15, 6_000),
        (6_000, -5, 0.25, 6_000),
        (6_000, -5, 0, 0),
        (0, -5, 10, 0),
        (None, -5, None, None),
    ],
)
def test_what_is_left_of_a_run_is_spread_over_the_days_that_are_left(amount, starts, ends, a_day):
    starts_at, ends_at = (None if days is None else NOW + days * DAY for days in (starts, ends))
    assert FixedBudget("1", amount, starts_at, ends_at).a_day(NOW) == a_day


def test_lifetime_budgets_are_read_and_are_nobodys(market):
    """Ad sets end, campaigns stop with the last of theirs. HUF: Meta counts forints, we count fillér."""
    meta, held = MetaAds(market.config.access_token, market.graph_url), market.world.account_by_id["77"]
    ad_set, campaign = held.ad_sets[0], held.campaigns[1]
    before = ad_set.daily_budget
    for one, ends_at in ((ad_set, market.now() + 8 * DAY), (campaign, None)):
        one.daily_budget, one.lifetime_budget, one.ends_at = None, 900_000, ends_at
    structure, standing = meta.structure("77"), meta.standing("77", currency="HUF")
    found = {node.id: node for node in (*structure.campaigns, *structure.ad_sets)}
    assert {node.id: node for node in standing} == {node: replace(one, audience="") for node, one in found.items()}
    left = found[ad_set.id].fixed_budget
    spent = sum(facts.spend for (ad, _), facts in market.world.facts.days.items() if market.world.ads[ad].adset_id == ad_set.id)  # fmt: skip
    assert left.amount == (900_000 - round(spent)) * 100 and left.starts_at == ad_set.created_at
    assert abs(left.ends_at - ad_set.ends_at) < timedelta(seconds=1)
    assert found[ad_set.id].daily_budget is None and found[campaign.id].fixed_budget.a_day(NOW) is None
    assert meta.write_budgets([(ad_set.id, 500_000)], currency="HUF")[0].written == Written.REFUSED
    ad_set.daily_budget, ad_set.lifetime_budget, ad_set.ends_at = before, None, None
    campaign.lifetime_budget = None


def test_longer_lists_are_read_on_by_themselves(meta, market, monkeypatch):
    whole, _ = standing_calls(meta, market)
    monkeypatch.setattr("stratum.platforms.meta_ads.STANDING_PAGES", (2, 2))
    nodes, called = standing_calls(meta, market)
    assert sorted(node.id for node in nodes) == sorted(node.id for node in whole)
    assert [path.rpartition("/")[2] for path in called] == ["act_1029384756", "campaigns", "adsets", "adsets"]


def test_only_the_page_that_failed_is_read_again(meta, market, monkeypatch):
    monkeypatch.setattr("stratum.platforms.meta_ads.STANDING_PAGES", (2, 2))
    market.faults.add("html_502", method="GET", path="adsets")
    nodes, called = standing_calls(meta, market)
    assert len(nodes) == 9
    assert [path.rpartition("/")[2] for path in called].count("act_1029384756") == 1


def test_too_much_data_is_read_in_smaller_pages(meta, market):
    market.faults.add("outer_200_error", method="GET", code=100, subcode=1487534)
    nodes, called = standing_calls(meta, market)
    assert len(nodes) == 9 and len(called) == 2


def test_the_least_budget_is_asked_for_once_a_day_by_all_processes(market):
    first = len(market.log.entries)
    for _ in range(2):
        MetaAds(market.config.access_token, market.graph_url).minimum_budgets("77", currency="USD")
    assert len(market.log.entries) - first == 1


def test_insights_are_a_row_an_ad_and_day_with_one_action_type(meta):
    rows = meta.insights(ACCOUNTS[0].external_id, SINCE, UNTIL)
    assert len({(row.ad_id, row.day) for row in rows}) == len(rows) > 0
    assert all(isinstance(row.spend, Decimal) and SINCE <= row.day <= UNTIL for row in rows)
    assert sum(row.clicks for row in rows) > 0


def test_a_page_without_rows_but_with_a_next_one_is_not_the_end(meta, market):
    whole = meta.insights(ACCOUNTS[0].external_id, SINCE, UNTIL)
    market.faults.add("empty_page_with_after", path="insights")
    assert meta.insights(ACCOUNTS[0].external_id, SINCE, UNTIL) == whole


def test_too_much_data_becomes_a_report_with_the_same_rows(meta, market):
    whole = meta.insights(ACCOUNTS[0].external_id, SINCE, UNTIL)
    market.faults.add("outer_200_error", path="/insights", code=100, subcode=1487534)
    assert meta.insights(ACCOUNTS[0].external_id, SINCE, UNTIL) == whole
    assert any(entry.method == "POST" and entry.path.endswith("/insights") for entry in market.log.entries)


@pytest.mark.parametrize("fault", ["report_failed", "job_skipped"])
def test_a_report_that_fails_is_asked_for_in_halves(meta, market, fault):
    whole = meta.insights(ACCOUNTS[0].external_id, SINCE, UNTIL)
    market.faults.add("too_much_data", times=None, path="act_1029384756/insights", days=1)
    market.faults.add(fault, times=None)
    assert by_ad_and_day(meta.insights(ACCOUNTS[0].external_id, SINCE, UNTIL)) == by_ad_and_day(whole)


def by_ad_and_day(rows):
    return {(row.ad_id, row.day): row.spend for row in rows}


def test_an_expired_token_stops_at_once(meta, market):
    market.faults.add("token_expired", times=None)
    before = len(market.log.entries)
    with pytest.raises(Stop, match="190/463"):
        meta.structure(ACCOUNTS[0].external_id)
    assert len(market.log.entries) == before + 1


def test_a_read_is_repeated_after_a_page_of_a_proxy(meta, market):
    market.faults.add("html_502", method="GET")
    assert meta.structure(ACCOUNTS[0].external_id).ads


def test_a_write_is_never_repeated(meta, market):
    node = meta.structure("77").ad_sets[0]
    before = sum(entry.method == "POST" for entry in market.log.entries)
    market.faults.add("html_502", method="POST")
    with pytest.raises(NoAnswer):
        meta.write_budgets([(node.id, node.daily_budget)], currency="HUF")
    assert sum(entry.method == "POST" for entry in market.log.entries) == before + 1


def test_a_full_rate_limit_holds_the_next_call_back():
    config = SandboxConfig(
        history_days=1, now=NOW.isoformat(), accounts=ACCOUNTS[:1], deliver_history=False, account_points=5
    )
    with Sandbox(config).start() as tight:
        meta = MetaAds(config.access_token, tight.graph_url)
        for _ in range(5):
            meta.facts(ACCOUNTS[0].external_id)
        with pytest.raises(TryLater):
            meta.facts(ACCOUNTS[0].external_id)
        assert all(entry.status == 200 for entry in tight.log.entries)


def test_fifty_one_items_are_the_callers_mistake(meta):
    with pytest.raises(ValueError, match="50"):
        meta.write_budgets([(str(i), 100) for i in range(51)], currency="USD")


def test_roll_ups_of_one_action_are_never_added_up():
    row = {
        "ad_id": "1",
        "date_start": "2026-11-18",
        "spend": "12.34",
        "actions": [
            {"action_type": name, "value": "3"}
            for name in ("purchase", "offsite_conversion.fb_pixel_purchase", "omni_purchase", "link_click")
        ],
        "action_values": [
            {"action_type": "omni_purchase", "value": "99.5"},
            {"action_type": "purchase", "value": "99.5"},
        ],
    }
    silent = {"ad_id": "2", "date_start": "2026-11-18", "spend": "0"}
    first, second = parsed_rows([row, silent], chosen_kind([row, silent]), Findings())
    assert (first.conversions, first.conversion_value, first.spend) == (Decimal(3), Decimal("99.5"), Decimal("12.34"))
    assert (second.conversions, second.clicks, second.reach) == (Decimal(0), 0, None)
