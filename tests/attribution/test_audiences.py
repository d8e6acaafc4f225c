"""Figures by audience: dated by the rows that told it, and they add up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import permutations

import pytest
from django.db.models import Sum

from attribution.actions.ads.import_ad_days import import_ad_days
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.models import LedgerEntry, ModelledEntry
from attribution.row_fields import AD_DAY, DEAL, TOUCHPOINT
from attribution.selectors import Basis, Level, by_level, totals
from stratum.core.models import Ad, AdSetAudience, Membership, User
from stratum.core.periods import Period
from stratum.core.rows import read_row

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))


def day(number, audience="", ad="a", spend="10.01"):
    row = {"date": f"2026-10-{number:02}", "ad_id": ad, "adset_id": f"set of {ad}", "spend": spend, "impressions": 100, "clicks": 5, "audience": audience}  # fmt: skip
    return read_row(row, AD_DAY)


def lines():
    found = AdSetAudience.objects.order_by("ad_set_id", "since").values_list("ad_set__external_id", "since", "audience")
    return [(ad_set, since.day, audience) for ad_set, since, audience in found]


def by_audience(figure, **more):
    return {one.name: getattr(one.figures, figure) for one in by_level(Level.AUDIENCE, OCTOBER, **more)}


@pytest.mark.parametrize("order", [*permutations(range(4))])
def test_rows_in_any_order_tell_the_same_audiences(workspace, order):
    told = [day(2, "Founders"), day(3, "Founders"), day(5, "Lookalike"), day(9, "Founders")]
    for place in order:
        import_ad_days(workspace, [told[place]])
    assert lines() == [("set of a", 2, "Founders"), ("set of a", 3, "Founders"), ("set of a", 5, "Lookalike"), ("set of a", 9, "Founders")]  # fmt: skip
    import_ad_days(workspace, [day(1), day(4), day(6), day(12)])
    assert len(lines()) == 4, "a row without an audience tells of none"
    assert by_audience("spend") == {"Founders": Decimal("60.06"), "Lookalike": Decimal("20.02")}


def test_a_day_that_is_told_anew_counts_for_whom_it_names_last(workspace):
    import_ad_days(workspace, [day(1, "Founders"), day(2, "Founders")])
    import_ad_days(workspace, [day(2, "Lookalike")])
    assert by_audience("spend") == {"Founders": Decimal("10.01"), "Lookalike": Decimal("10.01")}


@pytest.fixture
def earning(workspace):
    """Two ad sets, one without an audience; the other is aimed anew on the 6th, between two clicks. A dollar a day is modelled."""
    days = [day(number, "Founders" if number < 6 else "Lookalike", spend="3.33") for number in range(1, 11)]
    import_ad_days(workspace, [*days, *(day(number, ad="b", spend="1.11") for number in range(1, 11))])
    for number, ad, clicked in ((1, "a", 4), (2, "a", 7), (3, "b", 7)):
        touch = {"touchpoint_id": f"t{number}", "occurred_at": f"2026-10-{clicked:02}T15:00:00Z", "kind": "ad_click", "ad_id": ad, "click_id": f"c{number}", "consent": 2}  # fmt: skip
        record_touchpoints(workspace, [read_row(touch, TOUCHPOINT)])
        won = {"deal_id": f"d{number}", "created_at": "2026-10-08T15:00:00Z", "amount": f"{number}00.01", "is_won": True, "click_id": f"c{number}"}  # fmt: skip
        import_deals(workspace, [read_row(won, DEAL)])
    ad = Ad.objects.get(external_id="a")
    for basis in Basis:
        for number in (5, 6):
            ModelledEntry.objects.create(workspace=workspace, basis=basis, day=date(2026, 10, number), ad=ad, run=1, amount=100 * number, deals=0.01, posted_at=datetime(2026, 10, 20, tzinfo=UTC))  # fmt: skip
    return workspace


@pytest.mark.parametrize("as_of", [None, datetime(2026, 12, 1, tzinfo=UTC)])
@pytest.mark.parametrize("basis", Basis)
def test_audiences_sum_to_the_totals_to_the_cent(earning, basis, as_of):
    whole = totals(OCTOBER, basis=basis, as_of=as_of)
    credited = LedgerEntry.objects.exclude(ad=None).aggregate(all=Sum("amount"))["all"]
    modelled = ModelledEntry.objects.filter(basis=basis).aggregate(all=Sum("amount"))["all"]
    assert whole.spend == Decimal("44.40") and (as_of or whole.revenue == Decimal(credited + modelled) / 100 > 0)
    for name in ("spend", "revenue", "impressions", "clicks", "conversions"):
        for level in Level:
            assert sum(getattr(one.figures, name) for one in by_level(level, OCTOBER, basis=basis, as_of=as_of)) == getattr(whole, name)  # fmt: skip
    assert by_audience("spend", basis=basis) == {"Founders": Decimal("16.65"), "Lookalike": Decimal("16.65"), "Not told": Decimal("11.10")}  # fmt: skip


def test_revenue_is_of_whom_the_click_was_meant_for_whenever_it_was_booked(earning):
    ModelledEntry.objects.all().delete()
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    accrual, cash = (
        {one.name: one.figures.revenue for one in by_level(Level.AUDIENCE, year, basis=basis)} for basis in Basis
    )
    assert cash == accrual and min(accrual.values()) > 50


def test_the_modelled_part_goes_with_its_day(earning):
    with_it = by_audience("revenue")
    ModelledEntry.objects.all().delete()
    without = by_audience("revenue")
    assert {name: with_it[name] - without[name] for name in with_it} == {"Founders": 5, "Lookalike": 6, "Not told": 0}


def test_the_page_shows_a_row_for_each_audience(earning, client):
    client.force_login(viewer := User.objects.create_user("viewer@example.com", "a long secret"))
    Membership.objects.create(workspace=earning, user=viewer, role="viewer")
    page = client.get("/performance/", {"from": OCTOBER.start, "to": OCTOBER.end, "level": "audience"}).content.decode()
    for name in ("Founders", "Lookalike", "Not told"):
        assert name in page
