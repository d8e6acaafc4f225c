from __future__ import annotations

from decimal import Decimal

import pytest

from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.row_fields import DEAL, TOUCHPOINT
from dashboard.query import LONGEST_DAYS
from stratum.core.rows import read_row
from tests.api.conftest import fields_of, is_problem

CUTS = ("roas/ads", "roas/trend", "roas/segments", "roas/insights")
ROAS = ("roas/dashboard", "roas/campaigns", "roas/metrics", *CUTS)
DAYS = {"from": "2026-11-01", "to": "2026-11-02"}
FIGURES = {"roas", "revenue", "spend", "currency", "impressions", "clicks", "conversions", "ctr", "conversion_rate"}


@pytest.mark.parametrize("path", ROAS)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-13-01"}, "from"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-11-01\x00"}, "from"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, "to"),
        ({"to": "0001-01-01"}, "to"),
        ({"to": "9999-12-31"}, "to"),
        ({"from": "2026-11-03", "to": "2026-11-01"}, "from"),
        ({"from": "2020-01-01", "to": "2026-11-01"}, "from"),
        ({"days": "2147483647"}, "days"),
        ({"days": "-1"}, "days"),
        ({"days": str(LONGEST_DAYS + 1)}, "days"),
        ({"basis": "x"}, "basis"),
        ({"level": "planet"}, "level"),
        ({"account": "0x1"}, "account"),
        ({"account": "-1"}, "account"),
        ({"account": "1.0"}, "account"),
        ({"account": "²"}, "account"),
        ({"account": "٣"}, "account"),
        ({"account": "9" * 5000}, "account"),
        ({"parent": "1;drop"}, "parent"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_parameter_that_cannot_be_used_is_named(caller, path, query, field):
    answer = caller.get(path, **query)
    assert is_problem(answer, 400)
    assert fields_of(answer) == {field}


@pytest.mark.parametrize(
    "query", [{"status": "lost"}, {"limit": "0"}, {"limit": "201"}, {"limit": "0002001"}, {"limit": "x"}]
)
def test_the_list_of_changes_names_what_it_cannot_use(caller, query):
    answer = caller.get("changes", **query)
    assert is_problem(answer, 400)
    assert fields_of(answer) == query.keys()


def test_without_dates_the_newest_day_counts_be_it_of_performance_or_of_a_click_that_earned(caller, mine):
    """Just after midnight a click may earn before its day has any performance."""
    assert [day["date"] for day in caller.get("roas/dashboard").json()["trend"]] == ["2026-11-01"]
    click = {"touchpoint_id": "t", "occurred_at": "2026-11-03T12:00:00Z", "kind": "ad_click", "ad_id": "ad of Mine", "click_id": "c", "consent": 2}  # fmt: skip
    record_touchpoints(mine.workspace, [read_row(click, TOUCHPOINT)])
    deal = {"deal_id": "d", "created_at": "2026-11-04T12:00:00Z", "amount": "100.00", "is_won": True, "click_id": "c"}
    import_deals(mine.workspace, [read_row(deal, DEAL)])
    answer = caller.get("roas/dashboard").json()
    earned = Decimal(answer["overall"]["revenue"])
    assert [Decimal(day["revenue"]) for day in answer["trend"] if day["date"] == "2026-11-03"] == [earned] != [0]


def test_the_dashboard_has_every_key_that_users_were_promised(caller):
    body = caller.get("roas/dashboard", **DAYS).json()
    promised = {"overall", "trend", "campaigns", "winners", "needs_attention", "opportunities", "reallocations", "freshness", "basis"}  # fmt: skip
    assert body.keys() >= promised
    assert body["overall"].keys() >= FIGURES | {"previous"}
    assert body["trend"][0].keys() >= FIGURES | {"date"}
    assert body["campaigns"][0].keys() >= FIGURES | {"id", "external_id", "name", "status", "daily_budget"}
    assert [move["change"] for move in body["reallocations"]] == [move["change"] for move in body["opportunities"]]


@pytest.mark.parametrize("path", [*ROAS, "changes"])
def test_money_is_decimal_text_with_its_currency_beside_it(caller, path):
    body = caller.get(path, **(DAYS if path in ROAS else {})).json()
    checked = list(amounts(body))
    assert checked, "there is money in it"
    for name, value, beside in checked:
        assert isinstance(value, str), name
        assert Decimal(value).as_tuple().exponent == -2, name
        assert beside["currency"] == "USD", name


MONEY = {"revenue", "spend", "daily_budget", "before", "after", "unattributed_revenue"}


def amounts(body):
    if isinstance(body, dict):
        for name, value in body.items():
            if name in MONEY and value is not None:
                yield name, value, body
            yield from amounts(value)
    elif isinstance(body, list):
        for one in body:
            yield from amounts(one)


def test_nothing_spent_is_not_a_return_of_zero(caller):
    found = caller.get("roas/metrics", **{"from": "2026-10-01", "to": "2026-10-02"}).json()
    assert (found["spend"], found["revenue"], found["roas"], found["ctr"]) == ("0.00", "0.00", None, None)


def test_ads_days_audiences_and_platforms_have_the_figures_of_the_totals(caller):
    total = caller.get("roas/metrics", **DAYS).json()
    segments = caller.get("roas/segments", **DAYS).json()
    ads, days = (caller.get(f"roas/{cut}", **DAYS).json()["results"] for cut in ("ads", "trend"))
    for rows in (ads, days, segments["audiences"], segments["platforms"]):
        assert [(row["spend"], row["clicks"]) for row in rows] == [(total["spend"], total["clicks"])]
    assert (ads[0]["external_id"], segments["platforms"][0]["name"], days[0]["matured_roas"]) == ("ad of Mine", "import", None)  # fmt: skip


def test_a_report_of_the_past_knows_no_spend_of_days_to_come(caller):
    for path in ("ads", "trend"):
        assert len(caller.get(f"roas/{path}", **DAYS, as_of="2026-11-01").json()["results"]) == 1
        assert caller.get(f"roas/{path}", **DAYS, as_of="2026-10-31").json()["results"] == []
    assert is_problem(caller.get("roas/metrics", **DAYS, as_of="soon"), 400)


def test_insights_are_those_of_the_dashboard_and_the_dashboard_tells_revenue_by_layer(caller):
    board, insights = (caller.get(f"roas/{path}", **DAYS).json() for path in ("dashboard", "insights"))
    for name in ("winners", "needs_attention", "opportunities", "reallocations"):
        assert insights[name] == board[name]
    assert board["revenue_by_layer"].keys() == {"deterministic", "fingerprint", "ip", "modelled", "unattributed"}
