from __future__ import annotations

from decimal import Decimal

import pytest

from dashboard.query import LONGEST_DAYS
from tests.api.conftest import fields_of, is_problem

ROAS = ("roas/dashboard", "roas/campaigns", "roas/metrics")
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
