"""Paths, comparison and revenue per touch, from touchpoints and deals in the database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.people.link_keys import SeenTogether, link_keys
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.domain.identity import ANONYMOUS, EMAIL
from attribution.domain.paths.cents import to_cents
from attribution.domain.paths.models import NAMES
from attribution.identity import hashed
from attribution.row_fields import DEAL, TOUCHPOINT
from attribution.selectors import By, Cut, model_comparison, touch_revenue
from attribution.selectors.channel_paths import channel_paths
from stratum.core.periods import Period
from stratum.core.rows import read_row

LEAD = datetime(2026, 10, 20, 15, tzinfo=UTC)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))


@pytest.fixture
def touch(workspace):
    def record(number, kind, *, days_before, who=None, **more):
        at = (LEAD - timedelta(days=days_before)).isoformat()
        row = {"touchpoint_id": str(number), "occurred_at": at, "kind": kind, "consent": 2, "anonymous_id": who, **more}
        record_touchpoints(workspace, [read_row(row, TOUCHPOINT)])

    return record


@pytest.fixture
def deal(workspace):
    def book(number, *, amount="100.00", days_after=0, **more):
        at = (LEAD + timedelta(days=days_after)).isoformat()
        row = {"deal_id": str(number), "created_at": at, "updated_at": at, "amount": amount, "is_won": True, **more}
        import_deals(workspace, [read_row(row, DEAL)])
        refresh_due_deals(workspace, now=NOW)

    return book


def ways(found):
    """Each path as (channels, conversions, value, nulls)."""
    j = found.journeys
    return sorted(
        (
            [j.channels[c] for c in j.channel[j.start[p] : j.start[p + 1]]],
            j.conversions[p],
            j.value[p],
            j.nulls[p],
        )
        for p in range(len(j.length))
    )


def test_a_path_has_the_touches_of_the_thirty_days_before_the_lead(touch, deal):
    touch(1, "ad_click", days_before=31, who="ann", click_id="x", click_id_kind="gclid")
    touch(2, "ad_click", days_before=9, who="ann", click_id="y", click_id_kind="fbclid")
    touch(3, "email", days_before=5, who="ann", campaign_id="spring")
    touch(4, "email", days_before=5 - 0.01, who="ann", campaign_id="spring")  # the same session
    touch(5, "web", days_before=1, who="ann")
    touch(6, "form", days_before=0, who="ann")
    touch(7, "web", days_before=-1, who="ann")  # after it
    touch(8, "web", days_before=2, who="bot", user_agent="Googlebot/2.1")
    touch(9, "sms", days_before=3, who="bob")
    touch(10, "push", days_before=3)  # of nobody known
    deal(1, anonymous_id="ann")
    assert ways(channel_paths(OCTOBER, now=NOW)) == [
        (["Meta ads", "E-mail", "Direct"], 1, 10_000, 0),
        (["SMS"], 0, 0, 1),
    ]
    campaigns = ways(channel_paths(OCTOBER, by=By.CAMPAIGN, now=NOW))
    assert campaigns[0][0] == ["Meta ads", "E-mail: spring", "Direct"]


def test_who_has_a_deal_is_one_person_by_each_of_its_keys(touch, deal, workspace):
    touch(1, "web", days_before=9, who="phone")
    touch(2, "email", days_before=8, email="Ann@example.com")
    touch(3, "ad_click", days_before=7, click_id="AbC", click_id_kind="fbclid", who="laptop")
    touch(4, "sms", days_before=6, who="tablet")
    touch(5, "web", days_before=5, who="somebody else")
    tablet = (ANONYMOUS, hashed(workspace.pk, "anonymous", "tablet"))
    link_keys(
        workspace, [SeenTogether(tablet, (EMAIL, hashed(workspace.pk, "email", "ann@example.com")), "link", LEAD)]
    )
    deal(1, anonymous_id="phone", email="ann@example.com", click_id="AbC")
    assert ways(channel_paths(OCTOBER, now=NOW)) == [
        (["Direct"], 0, 0, 1),
        (["Direct", "E-mail", "Meta ads", "SMS"], 1, 10_000, 0),
    ]


def test_a_lost_deal_is_a_path_that_did_not_convert_and_a_lead_without_touches_is_kept(touch, deal):
    touch(1, "web", days_before=1, who="ann")
    deal(1, anonymous_id="ann", is_won=False, is_lost=True)
    deal(2, email="nobody@example.com", amount="50.00")
    deal(3, email="before@example.com", days_after=-60)
    found = channel_paths(OCTOBER, now=NOW)
    assert ways(found) == [([], 1, 5_000, 0), (["Direct"], 0, 0, 1)]
    assert (found.deals, found.deals_with_path) == (2, 1)


def test_the_models_stand_side_by_side_and_each_sums_to_the_cent(touch, deal):
    for number in range(30):
        touch(f"a{number}", "ad_click", days_before=number % 20 + 0.3, who=f"p{number}", click_id_kind="fbclid")
        touch(f"e{number}", "email", days_before=number % 7 + 0.2, who=f"p{number}")
        touch(f"w{number}", "web", days_before=number % 3 + 0.1, who=f"p{number}")
        if number % 3 == 0:
            deal(number, anonymous_id=f"p{number}", amount=f"{number}.37")
    deal("alone", amount="9.99", email="x@y.z")
    found = model_comparison(OCTOBER, now=NOW)
    assert list(found.models) == list(NAMES)
    for place, model in enumerate(found.models):
        given_away = sum(row.revenue[place] for row in found.channels)
        assert given_away + found.unattributed.revenue[place] == found.revenue == Decimal("148.69"), model
        conversions = sum(row.conversions[place] for row in found.channels) + found.unattributed.conversions[place]
        assert conversions == pytest.approx(11), model
        assert found.unattributed.revenue[place] >= Decimal("9.99")
    assert {row.channel for row in found.channels} == {"Meta ads", "E-mail", "Direct"}
    assert (found.deals, found.deals_with_path, found.paths_without_deal) == (11, 10, 20)
    again = model_comparison(OCTOBER, now=NOW)
    assert again == found


def test_without_anything_there_is_nothing_to_compare(workspace):
    found = model_comparison(OCTOBER, now=NOW)
    assert (found.channels, found.revenue, found.deals) == ([], Decimal("0.00"), 0)
    every, rows = touch_revenue(OCTOBER, now=NOW)
    assert (every.touches, every.per_touch, every.low, rows) == (0, Decimal("0.0000"), None, [])


def test_revenue_per_touch_is_by_the_day_of_the_touch_whenever_its_deal_came(touch, deal):
    touch(1, "email", days_before=0, who="ann", campaign_id="spring")  # 20 October; the deal comes on 10 November
    touch(2, "email", days_before=5, who="bob", campaign_id="spring")
    touch(3, "email", days_before=5, who="cem", campaign_id="autumn")
    touch(4, "sms", days_before=2, who="ann")
    touch(5, "ad_click", days_before=1, who="ann", click_id_kind="fbclid")  # paid for by spend, not by touch
    touch(6, "email", days_before=40, who="ann")  # before the period
    deal(1, anonymous_id="ann", days_after=21, amount="90.00")
    every, rows = touch_revenue(OCTOBER, model="linear", now=NOW)
    assert [(row.name, row.touches, row.people, row.revenue, row.per_touch) for row in rows] == [
        ("E-mail", 3, 3, Decimal("30.00"), Decimal("10.0000")),
        ("SMS", 1, 1, Decimal("30.00"), Decimal("30.0000")),
    ]
    assert (every.touches, every.people, every.revenue, every.per_touch) == (4, 3, Decimal("60.00"), Decimal("15.0000"))
    assert rows[0].low == 0 < rows[0].high
    assert rows[1].low is None, "one person says nothing of others"
    _, campaigns = touch_revenue(OCTOBER, cut=Cut.CAMPAIGN, model="linear", now=NOW)
    assert [(row.name, row.touches) for row in campaigns] == [("E-mail: spring", 2), ("E-mail: autumn", 1), ("SMS", 1)]
    _, weeks = touch_revenue(OCTOBER, cut=Cut.COHORT, model="linear", now=NOW)
    assert [(row.name, row.touches) for row in weeks] == [("2026-10-15", 4)]
    hazard, _ = touch_revenue(OCTOBER, now=NOW)
    assert 0 < hazard.revenue < Decimal("90.00"), "some of it would have come anyway"


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_cents_sum_to_the_total_and_none_moves_by_more_than_one(amounts):
    rest = round(sum(amounts)) - sum(amounts)
    amounts = [*amounts, rest]
    parts = to_cents(amounts, round(sum(amounts)))
    assert sum(parts) == round(sum(amounts))
    assert all(abs(part - amount) < 1.001 for part, amount in zip(parts, amounts, strict=True))


def test_amounts_that_are_not_the_total_are_refused():
    with pytest.raises(ValueError, match="not to 3"):
        to_cents([1.0, 1.0], 3)


def test_two_deals_of_one_second_are_two_paths_over_the_same_touches(touch, deal):
    touch(1, "email", days_before=3, who="ann")
    deal(1, anonymous_id="ann", amount="10.00")
    deal(2, anonymous_id="ann", amount="20.00")
    assert ways(channel_paths(OCTOBER, now=NOW)) == [(["E-mail"], 1, 1_000, 0), (["E-mail"], 1, 2_000, 0)]
