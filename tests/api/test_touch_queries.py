from __future__ import annotations

from decimal import Decimal

import pytest

from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.row_fields import DEAL, TOUCHPOINT
from stratum.core.rows import read_row
from tests.api.conftest import NOW, fields_of, is_problem

MONTH = {"from": "2026-11-01", "to": "2026-11-20"}


@pytest.fixture
def touched(mine, caller):
    rows = [
        {"touchpoint_id": f"{kind}{who}", "occurred_at": f"2026-11-0{who}T10:0{place}:00Z", "kind": kind, "anonymous_id": f"p{who}", "consent": 2}
        for who in range(1, 9)
        for place, kind in enumerate(("ad_click", "email", "web"))
    ]  # fmt: skip
    record_touchpoints(mine.workspace, [read_row(row, TOUCHPOINT) for row in rows])
    deals = [
        {"deal_id": f"d{who}", "created_at": f"2026-11-1{who}T10:00:00Z", "amount": "33.33", "is_won": True, "anonymous_id": f"p{who}"}
        for who in range(1, 5)
    ]  # fmt: skip
    import_deals(mine.workspace, [read_row(row, DEAL) for row in deals])
    refresh_due_deals(mine.workspace, now=NOW)


def test_every_model_sums_to_the_revenue(caller, touched):
    answer = caller.get("attribution/models", **MONTH).json()
    assert (answer["revenue"], answer["deals"], answer["paths_without_deal"]) == ("133.32", 4, 4)
    assert len(answer["models"]) == 9
    for model in answer["models"]:
        lines = [row["models"][model] for row in answer["channels"]] + [answer["unattributed"][model]]
        assert sum(Decimal(line["revenue"]) for line in lines) == Decimal("133.32")
    assert Decimal(answer["unattributed"]["hazard"]["revenue"]) > 0
    by_campaign = caller.get("attribution/models", by="campaign", **MONTH).json()
    assert by_campaign["revenue"] == "133.32"


def test_revenue_per_touch_names_its_model_and_interval(caller, touched):
    answer = caller.get("touches/rpmt", model="linear", **MONTH).json()
    assert (answer["model"], answer["interval"], answer["by"]) == ("linear", 0.8, "channel")
    assert {row["name"]: (row["touches"], row["revenue"]) for row in answer["results"]} == {
        "E-mail": (8, "44.44"),
        "Direct": (8, "44.44"),
    }
    assert answer["overall"]["per_touch"] == "5.5550"
    assert Decimal(answer["overall"]["low"]) < Decimal("5.555") < Decimal(answer["overall"]["high"])
    assert caller.get("touches/rpmt", **MONTH).json()["model"] == "hazard"


def test_what_cannot_be_asked_is_named(caller):
    assert fields_of(caller.get("attribution/models", by="moon")) == {"by"}
    assert fields_of(caller.get("touches/rpmt", model="markov")) == {"model"}
    assert is_problem(caller.get("touches/rpmt", **{"from": "x"}), 400)


def test_another_workspace_has_nothing_of_it(theirs, touched):
    answer = theirs.caller.get("attribution/models", **MONTH).json()
    assert (answer["channels"], answer["deals"], answer["revenue"]) == ([], 0, "0.00")
    assert theirs.caller.get("touches/rpmt", **MONTH).json()["overall"]["touches"] == 0
