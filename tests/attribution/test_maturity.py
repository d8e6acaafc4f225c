from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.domain.maturity import learn_maturity
from attribution.models import LedgerEntry
from attribution.selectors import Basis, matured_return, matured_roas, maturity, trend
from stratum.core.models import Ad, AdDay
from stratum.core.periods import Period
from tests.attribution.test_ledger import ads, click, deal  # noqa: F401
from tests.flows.crm import unguarded_ledger

UNTIL = 300


def bookings(rate, days=90, ages=40, growth=1.0, seed=3):
    """Clicks of each day are worth 1000 and earn it by an exponential delay; what lies past UNTIL is not seen."""
    rng = np.random.default_rng(seed)
    rows = [
        (click, age, 1000 * growth ** (UNTIL - click) * rng.uniform(0.7, 1.3) * (np.exp(-age / rate) - np.exp(-(age + 1) / rate)))
        for click in range(UNTIL - days, UNTIL + 1)
        for age in range(ages)
        if click + age <= UNTIL
    ]  # fmt: skip
    return tuple(np.array(column) for column in zip(*rows, strict=True))


@pytest.mark.parametrize("growth", [1.0, 0.97, 1.03], ids=["steady", "growing", "shrinking"])
def test_the_share_by_age_is_found_although_young_clicks_are_cut_off(growth):
    rate, ages = 9.0, 40
    found = learn_maturity(*bookings(rate, growth=growth), UNTIL)
    true = 1 - np.exp(-(np.arange(ages) + 1) / rate)
    assert np.abs(found.share[:ages] - true / true[-1]).max() < 0.04


def test_counting_only_what_is_booked_would_make_a_growing_account_look_faster_than_it_is():
    day, age, amount = bookings(9.0, days=60, growth=0.95)
    naive = np.bincount(age, amount).cumsum() / amount.sum()
    found = learn_maturity(day, age, amount, UNTIL).share
    assert naive[5] > found[5] + 0.05


def test_revenue_that_is_taken_back_lowers_the_curve_again():
    day = np.repeat(np.arange(UNTIL - 50, UNTIL - 20), 2)
    age, amount = np.tile([0, 10], 30), np.tile([100.0, -50.0], 30)
    found = learn_maturity(day, age, amount, UNTIL)
    assert (found.share[5], found.share[10]) == (pytest.approx(2.0), 1.0)


@pytest.mark.parametrize("days", [0, 5, 12])
def test_too_short_a_history_says_nothing(days):
    day = np.arange(UNTIL - days, UNTIL)
    assert learn_maturity(day, np.zeros(day.size, int), np.ones(day.size), UNTIL) is None


@pytest.fixture
def ripening(workspace, ads):  # noqa: F811
    """Every day for fifty days an ad earns: 40 on the day, 60 ten days later, as far as that is past."""

    record_touchpoints(workspace, [click(1, days_before=1, anonymous_id="x")])
    import_deals(workspace, [deal("won", anonymous_id="x")])
    kept = LedgerEntry.objects.filter(layer="deterministic").values().get()
    with unguarded_ledger():
        LedgerEntry.objects.all().delete()
    first, last = date(2026, 9, 1), date(2026, 10, 20)
    rows = [
        LedgerEntry(**{**kept, "id": None, "revision": 2 * n + later, "amount": amount, "click_date": day, "booked_date": day + timedelta(days=10 * later)})
        for n in range((last - first).days + 1)
        for day in [first + timedelta(days=n)]
        for later, amount in ((0, 4000), (1, 6000))
        if day + timedelta(days=10 * later) <= last
    ]  # fmt: skip
    with unguarded_ledger():
        LedgerEntry.objects.bulk_create(rows)
    return datetime(2026, 10, 21, 15, tzinfo=UTC)


def test_a_young_day_is_judged_by_what_it_will_earn_and_todays_is_not_judged(ripening):
    curve = maturity(now=ripening)
    assert (curve.until, curve.share_of(date(2026, 10, 19))) == (date(2026, 10, 20), pytest.approx(0.4))
    assert (curve.share_of(date(2026, 9, 5)), curve.share_of(date(2026, 10, 21))) == (1.0, 0.0)
    by_day = {one.day: one for one in trend(Period(date(2026, 9, 1), date(2026, 10, 21)))}
    paid = by_day[date(2026, 10, 1)]
    assert matured_roas(paid, curve) == paid.figures.roas
    assert matured_roas(paid, None) is None


def test_matured_return_is_over_the_days_that_are_old_enough_and_on_the_accrual_basis_only(ripening, workspace):

    ad = Ad.objects.get(external_id="ad-1")
    AdDay.objects.all().delete()
    for day in (date(2026, 9, 5), date(2026, 10, 19), date(2026, 10, 21)):
        AdDay.objects.create(
            workspace=workspace, ad=ad, day=day, spend=50, impressions=1, clicks=1, reported_at=ripening
        )
    curve, days = maturity(now=ripening), trend(Period(date(2026, 9, 5), date(2026, 10, 21)))
    days = [day for day in days if day.figures.spend]
    found = matured_return(days, curve, Basis.ACCRUAL)
    assert float(found.roas) == pytest.approx(2.0), "100 for 50 on both days, though one has earned only 40 so far"
    assert found.spend_share == pytest.approx(2 / 3)
    assert matured_return(days, curve, Basis.CASH).roas is None
