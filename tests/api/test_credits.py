from __future__ import annotations

import csv
from collections import defaultdict
from decimal import Decimal

import numpy as np
import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from attribution.actions.credit.model_rest import model_rest
from attribution.actions.credit.set_matching import set_matching
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.domain.expand import LEAST, WHOLE, expand
from attribution.models import Calibration, Deal, LedgerEntry
from attribution.row_fields import DEAL, TOUCHPOINT
from attribution.selectors import CreditFilter, Layer, by_layer, credits, every_credit, totals
from stratum.core.money import split
from stratum.core.periods import Period
from stratum.core.rows import read_row
from tests.api.conftest import NOW, fields_of, is_problem


@pytest.fixture
def shop(mine, caller):
    """Forty leads: ten with a cookie, the rest without a key, after clicks of the only ad; half of all leads are ad-driven."""
    clicks = [
        {"touchpoint_id": f"t{n}", "occurred_at": f"2026-11-{1 + n % 10:02}T10:00:00Z", "kind": "ad_click", "ad_id": "ad of Mine", "anonymous_id": f"p{n}", "consent": 2}
        for n in range(60)
    ]  # fmt: skip
    record_touchpoints(mine.workspace, [read_row(row, TOUCHPOINT) for row in clicks])
    leads = [
        {"deal_id": f"d{n}", "created_at": f"2026-11-{11 + n % 5:02}T10:00:00Z", "amount": f"{100 + n}.01", "is_won": True, "anonymous_id": f"p{n}" if n < 10 else ""}
        for n in range(40)
    ]  # fmt: skip
    type(mine.workspace).objects.filter(pk=mine.workspace.pk).update(revenue_source="crm")
    mine.workspace.refresh_from_db()
    import_deals(mine.workspace, [read_row(row, DEAL) for row in leads])
    set_matching(mine.workspace, actor="test", now=NOW, ad_driven_share=0.5, ad_driven_share_source="Holdout")
    model_rest(mine.workspace, now=NOW)
    return mine


def every_page(caller, **query):
    cursor, found = "", []
    while cursor is not None:
        answer = caller.get("credits", **query, cursor=cursor)
        assert answer.status_code == 200, answer.content
        found += answer.json()["results"]
        cursor = answer.json()["next"]
    return found


def test_the_credits_of_every_deal_sum_to_one_and_its_amounts_to_its_value(shop, caller):
    sums = defaultdict(lambda: [Decimal(0), Decimal(0), set()])
    for line in every_page(caller):
        of_deal = sums[line["deal"]]
        of_deal[0] += Decimal(line["credit"])
        of_deal[1] += Decimal(line["amount"])
        of_deal[2].add(line["layer"])
    values = {deal: Decimal(value) / 100 for deal, value in Deal.objects.values_list("external_id", "value")}
    assert {deal: (credit, amount) for deal, (credit, amount, _) in sums.items()} == {
        deal: (1, value) for deal, value in values.items()
    }
    assert all("unattributed" in layers for *_, layers in sums.values())
    assert "deterministic" in sums["d1"][2] and "modelled" in sums["d30"][2]


def test_pages_hold_whole_deals_and_no_deal_twice(shop):
    whole, after, seen = list(every_credit()), "", []
    while after is not None:
        page = credits(CreditFilter(), after=after, most=7)
        assert len({line.deal for line in page.lines}) <= 7
        after, seen = page.next, seen + page.lines
    assert seen == whole and len({line.deal for line in whole}) == 40


def test_the_modelled_lines_of_all_deals_are_what_the_aggregate_says(shop, caller):
    lines = every_page(caller, layer="modelled")
    everything = Period(NOW.date().replace(day=1), NOW.date())
    modelled = by_layer(everything)[Layer.MODELLED]
    assert modelled > 500 and abs(sum(Decimal(line["amount"]) for line in lines) - modelled) < Decimal("0.5")
    assert {(line["ad"], line["touchpoint"], line["rule"]) for line in lines} == {("ad of Mine", None, "nothing")}
    assert totals(everything).revenue > modelled


def test_a_credit_says_how_it_is_known(shop, caller):
    (line, _, rest) = caller.get("credits", deal="d1").json()["results"]
    assert (line["ad"], line["touchpoint"], line["layer"], line["rule"]) == ("ad of Mine", "t1", "deterministic", "the same cookie")  # fmt: skip
    assert line["evidence"] == {
        "because": "the same cookie; clicked 10 days before the lead",
        "sessions_sharing_key": 1,
        "days_before_lead": 10.0,
    }
    assert rest["evidence"]["because"].startswith("no key leads to a click")


def test_credits_are_filtered_by_ad_layer_and_days(shop, caller):
    assert {line["layer"] for line in every_page(caller, layer="deterministic")} == {"deterministic"}
    assert {line["ad"] for line in every_page(caller, ad="ad of Mine")} == {"ad of Mine"}
    assert every_page(caller, ad="nobody's") == []
    days = {line["date"] for line in every_page(caller, **{"from": "2026-11-03", "to": "2026-11-04"})}
    assert days == {"2026-11-03", "2026-11-04"}


def test_credits_of_the_past_are_those_that_stood_then(shop, caller):
    LedgerEntry.objects.update(posted_at=NOW)
    lost = {"deal_id": "d1", "created_at": "2026-11-11T10:00:00Z", "updated_at": "2026-11-21T10:00:00Z", "amount": "5", "is_lost": True}  # fmt: skip
    import_deals(shop.workspace, [read_row(lost, DEAL)])
    assert {Decimal(line["amount"]) for line in every_page(caller, deal="d1")} == {0}
    then = every_page(caller, deal="d1", as_of="2026-11-20T15:00:00+00:00")
    assert sum(Decimal(line["amount"]) for line in then) == Decimal("101.01")
    assert "modelled" not in {line["layer"] for line in then}
    assert every_page(caller, as_of="2026-11-19") == []
    metrics = [caller.get("roas/metrics", **{"from": "2026-11-01", "to": "2026-11-20"}, **asked).json() for asked in ({}, {"as_of": "2026-11-20"}, {"as_of": "2026-11-19"})]  # fmt: skip
    now, then, before = (Decimal(one["revenue"]) for one in metrics)
    assert before == 0 < now < then
    assert metrics[1]["as_of"] == "2026-11-20T23:59:59.999999Z"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"layer": "guess"}, "layer"),
        ({"cursor": "x" * 81}, "cursor"),
        ({"from": "soon"}, "from"),
        ({"deal": "a\x00"}, "deal"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": "2026-11-20T15:00:00"}, "as_of"),
        ({"as_of": "0001-01-01T00:00:00+00:00"}, "as_of"),
    ],
)
def test_a_filter_that_cannot_be_used_is_named(caller, query, field):
    answer = caller.get("credits", **query)
    assert is_problem(answer, 400)
    assert fields_of(answer) == {field}


def test_the_export_has_a_row_for_every_credit(shop, caller, tmp_path):
    path = tmp_path / "credits.csv"
    call_command("export_credits", path, workspace="Mine", no_progress=True)
    with path.open() as handle:
        rows = list(csv.DictReader(handle))
    assert list(rows[0]) == ["deal_id", "ad_id", "touchpoint_id", "layer", "confidence", "credit", "amount", "currency"]
    told = {(line["deal"], line["ad"] or "", line["layer"], line["credit"], line["amount"]) for line in every_page(caller)}  # fmt: skip
    assert {(row["deal_id"], row["ad_id"], row["layer"], row["credit"], row["amount"]) for row in rows} == told


def test_reliability_tells_the_anchor_and_that_nothing_was_learnt_yet(shop, caller):
    found = caller.get("attribution/reliability").json()
    assert (found["learnt"], found["version"], found["bins"], found["mean_error"]) == (False, 1, [], None)
    assert found["anchor"] == {"ad_driven_share": 0.5, "source": "Holdout"}
    assert (found["tests"], found["what_brought_the_lead"]) == ("whose click it was", None)
    for explained, holds in ((0.4, True), (0.6, False)):
        Calibration.objects.update(ad_driven_share=explained)
        told = caller.get("attribution/reliability").json()["what_brought_the_lead"]
        assert told == {"measured": 0.5, "source": "Holdout", "explained": explained, "holds": holds}
    assert (found["modelled"]["anchored"], found["modelled"]["leads"]) == (True, 40)


@given(
    units=st.integers(0, WHOLE),
    weights=st.lists(st.floats(0, 1), max_size=40),
    chance=st.floats(0, 1),
    amount=st.integers(-(10**9), 10**9),
)
def test_expanding_a_deal_loses_neither_credit_nor_cents(units, weights, chance, amount):
    total = sum(weights)
    shares = np.array([chance * weight / total for weight in weights]) if total else np.zeros(len(weights))
    places, parts = expand(units, shares)
    left = units - int(parts.sum())
    assert left >= 0 and all(part >= LEAST for part in parts) and len(set(places.tolist())) == places.size
    if units:
        amounts = split(amount, [Decimal(part) / units for part in [*parts.tolist(), left]])
        assert sum(amounts) == amount
        assert all(part * amount >= 0 for part in amounts)
