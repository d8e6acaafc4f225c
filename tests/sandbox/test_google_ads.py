"""Google Ads refuses and answers as Google does, and its market is Google's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stratum.sandbox import AccountProfile, Sandbox
from stratum.sandbox.config import SandboxConfig
from tests.sandbox.calls import Caller
from tests.sandbox.conftest import SMALL

CUSTOMER = "4155550133"
GOOGLE = AccountProfile(external_id=CUSTOMER, platform="google", campaigns=4, ad_sets=6, ads=8)
HERE = f"/v23/customers/{CUSTOMER}"
CONFIG = replace(SMALL, history_days=1, accounts=(AccountProfile(), GOOGLE), deliver_history=False)


@pytest.fixture(scope="module")
def market() -> Iterator[Sandbox]:
    with Sandbox(CONFIG).start() as sandbox:
        yield sandbox


@pytest.fixture
def google(market: Sandbox) -> Caller:
    market.faults.clear()
    return Caller(market.graph_url, market.config.access_token)


def operation(market: Sandbox, place: int = 0, micros: object = "50000000", mask: str = "amountMicros") -> dict[str, Any]:  # fmt: skip
    budget = market.world.account_by_id[CUSTOMER].campaigns[place].budget_id
    name = f"customers/{CUSTOMER}/campaignBudgets/{budget}"
    return {"update": {"resourceName": name, "amountMicros": micros}, "updateMask": mask}


def codes(errors: list[dict[str, Any]]) -> list[str]:
    return [code for error in errors for code in error["errorCode"].values()]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT campaign.id, campaign.colour FROM campaign", "UNRECOGNIZED_FIELD"),
        ("SELECT campaign.id FROM campaign WHERE ad_group.id = 1", "UNRECOGNIZED_FIELD"),
        ("SELECT campaign.id FROM campaigns", "BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("SELECT campaign.id", "UNEXPECTED_INPUT"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id LIKE 'x'", "UNEXPECTED_INPUT"),
    ],
)
def test_what_google_would_not_understand_is_an_error(google, query, code):
    status, body = google.post(f"{HERE}/googleAds:search", {"query": query})
    assert (status, codes(body["error"]["details"][0]["errors"])) == (400, [code])


def test_conditions_narrow_and_metrics_add_up(google, market):
    def rows(query: str) -> list[dict[str, Any]]:
        return google.post(f"{HERE}/googleAds:search", {"query": query})[1].get("results")

    ids = [campaign.id for campaign in market.world.account_by_id[CUSTOMER].campaigns]
    some = rows(f"SELECT campaign.id FROM campaign WHERE campaign.id IN ({ids[0]}, {ids[2]}) AND campaign.status != 'REMOVED'")  # fmt: skip
    assert [row["campaign"]["id"] for row in some] == [ids[0], ids[2]]
    assert len(rows("SELECT campaign.id FROM campaign LIMIT 3")) == 3
    days = "segments.date BETWEEN '2026-11-19' AND '2026-11-20'"
    whole = rows(f"SELECT metrics.cost_micros FROM customer WHERE {days}")
    parts = rows(f"SELECT campaign.id, segments.date, metrics.cost_micros FROM ad_group_ad WHERE {days}")
    assert len(whole) == 1 and len(parts) == 8
    assert int(whole[0]["metrics"]["costMicros"]) == sum(int(row["metrics"]["costMicros"]) for row in parts) > 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"micros": "-1"}, "MONEY_AMOUNT_CANNOT_BE_NEGATIVE"),
        ({"micros": "50000001"}, "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT"),
        ({"mask": ""}, "FIELD_MASK_MISSING"),
        ({"mask": "name"}, "FIELD_NOT_FOUND"),
        ({"place": 1}, "ID_EXISTS_IN_MULTIPLE_MUTATES"),
    ],
)
def test_one_bad_operation_fails_alone_or_all_of_them(google, market, change, code):
    operations = [operation(market, 1), operation(market, **change)]
    before = len(market.world.edits)
    status, body = google.post(f"{HERE}/campaignBudgets:mutate", {"operations": operations})
    assert (status, codes(body["error"]["details"][0]["errors"])) == (400, [code])
    assert len(market.world.edits) == before
    asked = {"operations": operations, "partialFailure": True}
    for validate_only in (True, False):
        status, body = google.post(f"{HERE}/campaignBudgets:mutate", asked | {"validateOnly": validate_only})
        failed = body["partialFailureError"]["details"][0]["errors"]
        assert (status, codes(failed)) == (200, [code])
        assert failed[0]["location"]["fieldPathElements"][0] == {"fieldName": "operations", "index": 1}
        assert len(market.world.edits) == before + (not validate_only)
    assert [bool(result) for result in body["results"]] == [True, False]


def test_campaigns_of_a_budget_spend_it_together(google, market):
    account = market.world.account_by_id[CUSTOMER]
    auction = next(one for one in market.world.auctions if one.account.id == CUSTOMER)
    first, second = account.campaigns[2:]
    alone = auction.budgets().sum() - second.daily_budget / 1e6
    google.post("/control/share", {"id": second.id, "with": first.id})
    assert auction.budgets().sum() == pytest.approx(alone)
    query = f"SELECT campaign_budget.reference_count, campaign_budget.explicitly_shared FROM campaign WHERE campaign.id = {second.id}"
    row = google.post(f"{HERE}/googleAds:search", {"query": query})[1]["results"][0]
    assert row["campaignBudget"] == {"referenceCount": "2", "explicitlyShared": True}
    google.post(f"{HERE}/campaignBudgets:mutate", {"operations": [operation(market, 2, "60000000")], "partialFailure": True})  # fmt: skip
    assert first.daily_budget == second.daily_budget == 60_000_000


def test_budgets_at_google_come_back_after_a_restart(tmp_path: Path):
    config = replace(CONFIG, state_dir=str(tmp_path))
    with Sandbox(config).start() as first:
        google = Caller(first.graph_url, first.config.access_token)
        google.post(f"{HERE}/campaignBudgets:mutate", {"operations": [operation(first)], "partialFailure": True})
        google.post("/control/share", {"id": first.world.account_by_id[CUSTOMER].campaigns[3].id, "with": first.world.account_by_id[CUSTOMER].campaigns[1].id})  # fmt: skip
        before = [(one.pool, one.daily_budget) for one in first.world.account_by_id[CUSTOMER].campaigns]
    with Sandbox(config).start() as second:
        assert [(one.pool, one.daily_budget) for one in second.world.account_by_id[CUSTOMER].campaigns] == before


def test_a_market_of_metas_alone_is_the_one_that_it_was():
    assert "platform" not in SandboxConfig().market_identity()["accounts"][0]
