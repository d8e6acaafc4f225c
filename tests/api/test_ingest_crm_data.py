"""Pipeline value per ad, told by another system and weighed by our own ledger."""

from __future__ import annotations

from decimal import Decimal

import pytest

from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.models import ToldPipeline
from attribution.row_fields import DEAL, TOUCHPOINT
from attribution.selectors import ad_pipeline
from stratum.core.rows import read_row
from stratum.core.tenancy import in_workspace
from tests.api.conftest import fields_of, is_problem

PATH = "ml/ingest-crm-data"
TOLD = {
    "ad_id": "ad of Mine",
    "pipeline_value": "1250.50",
    "currency": "EUR",
    "deals_count": 7,
    "as_of": "2026-11-20T10:00:00Z",
}


def test_one_statement_or_a_list_and_the_newest_counts(caller):
    assert caller.post(PATH, TOLD).json() == {"received": 1, "stored": 1, "rejected": 0, "errors": []}
    for changes, value, stored in (
        ({}, "1250.50", 1),  # said again
        ({"pipeline_value": 1300}, "1300.00", 1),  # the same as_of replaces
        ({"pipeline_value": "9", "as_of": "2026-11-20T09:59:59Z"}, "1300.00", 0),  # an older one does not
        ({"pipeline_value": "0", "deals_count": 0, "as_of": "2026-11-20T12:00:00+01:00"}, "0.00", 1),
    ):
        assert caller.post(PATH, TOLD | changes).json()["stored"] == stored
        told = ad_pipeline()[0].told
        assert (str(told.value), told.currency) == (value, "EUR")
    rows = [TOLD | {"ad_id": f"a{n % 400}", "deals_count": n} for n in range(1000)]
    assert caller.post(PATH, rows).json()["stored"] == 400
    assert ToldPipeline.objects.get(ad_external_id="a0").deals_count == 800, "of several, the last"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pipeline_value": -1}, "pipeline_value"),
        ({"pipeline_value": "NaN"}, "pipeline_value"),
        ({"pipeline_value": None}, "pipeline_value"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": 7}, "currency"),
        ({"deals_count": 1.5}, "deals_count"),
        ({"deals_count": 2**31}, "deals_count"),
        ({"as_of": "2026-11-20T10:00:00"}, "as_of"),
        ({"ad_id": ["a"]}, "ad_id"),
        ({"ad_id": ""}, "ad_id"),
    ],
)
def test_a_bad_statement_is_told_which_field_and_why(caller, changes, field):
    answer = caller.post(PATH, TOLD | changes)
    assert is_problem(answer, 400)
    assert fields_of(answer) == {field}
    body = caller.post(PATH, [TOLD, TOLD | changes, None]).json()
    assert (body["received"], body["stored"], body["rejected"]) == (3, 1, 2)
    assert [(error["row"], error["field"]) for error in body["errors"]] == [(1, field), (2, "")]


@pytest.mark.parametrize(
    "raw", [b"null", b'"text"', b"7", b"[" + b"{}," * 1000 + b"{}]"], ids=lambda raw: repr(raw)[:20]
)
def test_what_is_no_statement_is_a_problem(caller, raw):
    assert is_problem(caller.post(PATH, raw=raw), 400)


def test_only_a_key_that_may_ingest_is_heard_and_only_at_home(mine, theirs):
    assert is_problem(mine.holding("read").post(PATH, TOLD), 403)
    assert mine.holding("ingest").post(PATH, TOLD).status_code == 200
    with in_workspace(theirs.workspace):
        assert ad_pipeline() == []


def test_our_own_weighing_stands_beside_it(caller, mine):
    click = {"touchpoint_id": "t", "occurred_at": "2026-11-01T00:00:00Z", "kind": "ad_click", "ad_id": "ad of Mine", "click_id": "c", "consent": 2}  # fmt: skip
    record_touchpoints(mine.workspace, [read_row(click, TOUCHPOINT)])
    states = {"open": {"stage_probability": "0.5"}, "won": {"is_won": True}, "lost": {"is_lost": True}}
    deals = [
        {"deal_id": name, "created_at": "2026-11-02T00:00:00Z", "amount": "200.00", "click_id": "c", **state}
        for name, state in states.items()
    ]
    import_deals(mine.workspace, [read_row(row, DEAL) for row in deals])
    caller.post(PATH, TOLD)
    rows = {row.ad_external_id: row for row in ad_pipeline()}
    ours = rows["ad of Mine"]
    assert ours.value + rows[""].value == Decimal("100.00"), "open deals only, and nothing is lost"
    assert ours.deals + rows[""].deals == 1
    assert ours.value > 50 and (ours.currency, ours.told.deals) == ("USD", 7)
