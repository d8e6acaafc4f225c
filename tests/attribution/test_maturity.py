from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from django.db.models import Sum

from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.domain.maturity import CreditedLeads, learn_maturity
from attribution.domain.told_amounts import told_by_age
from attribution.models import LedgerEntry
from attribution.selectors import Basis, matured_return, matured_roas, maturity, trend
from stratum.core.models import Ad, AdDay
from stratum.core.periods import Period
from tests.attribution.test_ledger import LEAD_AT, ads, click, deal  # noqa: F401

UNTIL = 300


def leads(click_day, age, amount, *, untold=0.0):
    return CreditedLeads(np.asarray(click_day), np.asarray(age), amount * (1 - untold), amount * untold)


def exponential(rate, days=90, ages=40, growth=1.0, seed=3):
    """Clicks of each day are worth 1000 and earn it by an exponential delay; what lies past UNTIL is not seen."""
    rng = np.random.default_rng(seed)
    rows = [
        (click, age, 1000 * growth ** (UNTIL - click) * rng.uniform(0.7, 1.3) * (np.exp(-age / rate) - np.exp(-(age + 1) / rate)))
        for click in range(UNTIL - days, UNTIL + 1)
        for age in range(ages)
        if click + age <= UNTIL
    ]  # fmt: skip
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def untold_by(age):
    """Of leads of an age, a third had no amount when they came, and half of those get one every four days."""
    return 0.5 ** (age / 4) / 3


@pytest.mark.parametrize("growth", [1.0, 0.97, 1.03], ids=["steady", "growing", "shrinking"])
def test_the_share_by_age_is_found_although_young_clicks_are_cut_off(growth):
    rate, ages = 9.0, 40
    found = learn_maturity(leads(*exponential(rate, growth=growth)), UNTIL)
    true = 1 - np.exp(-(np.arange(ages) + 1) / rate)
    assert np.abs(found.share[:ages] - true / true[-1]).max() < 0.04


def test_counting_only_what_is_booked_would_make_a_growing_account_look_faster_than_it_is():
    day, age, amount = exponential(9.0, days=60, growth=0.95)
    naive = np.bincount(age, amount).cumsum() / amount.sum()
    found = learn_maturity(leads(day, age, amount), UNTIL).share
    assert naive[5] > found[5] + 0.05


def test_young_leads_without_an_amount_make_young_clicks_unripe():
    day, age, amount = exponential(3.0, days=120)
    found = learn_maturity(leads(day, age, amount, untold=untold_by(UNTIL - day - age)), UNTIL)
    came = np.diff(1 - np.exp(-(np.arange(41)) / 3.0), prepend=0.0)[1:]
    true = [(came[: at + 1] * (1 - untold_by(at - np.arange(at + 1)))).sum() for at in range(40)]
    assert np.abs(found.share[:40] - true).max() < 0.04
    assert np.abs(found.came[:40] - came.cumsum()).max() < 0.01
    assert found.share[-1] == pytest.approx(1.0)


def test_what_never_gets_an_amount_is_not_waited_for():
    age = np.arange(120)
    share = told_by_age(age, np.full(120, 70.0), np.full(120, 30.0))
    assert share.tolist() == pytest.approx([1.0] * 31)


@pytest.mark.parametrize(
    ("told", "share"),
    [
        ([], 1.0),
        ([(0, 0.0, 50.0), (40, 100.0, 0.0)], 0.0),
        ([(0, 60.0, 40.0), (5, 20.0, 80.0), (40, 80.0, 20.0)], 0.5),  # it falls by chance: the two are pooled
        ([(0, 50.0, 50.0), (8, 50.0, 0.0)], 0.5),  # nobody is a month old: by the oldest there are
        ([(0, 0.0, 50.0), (40, 0.0, 50.0)], 1.0),  # nothing is ever told
    ],
)
def test_the_share_that_is_told_only_rises_with_the_age_of_the_lead(told, share):
    found = told_by_age(*np.array(told, dtype=float).reshape(-1, 3).T)
    assert (found[0], found[-1]) == (pytest.approx(share), 1.0)
    assert (np.diff(found) >= 0).all()


@pytest.mark.parametrize("days", [0, 5, 12])
def test_too_short_a_history_says_nothing(days):
    day = np.arange(UNTIL - days, UNTIL)
    assert learn_maturity(leads(day, np.zeros(day.size, int), np.ones(day.size)), UNTIL) is None


FIRST, LAST = date(2026, 9, 1), date(2026, 10, 20)
FIRST_CLICK = datetime(2026, 9, 1, 16, tzinfo=UTC)


@pytest.fixture
def ripening(workspace, ads):  # noqa: F811
    """Clicks of every day for fifty days bring a lead of 40 on the day and one of 60 ten days later, as far as that is past.

    All deals come in one file, last changed on the last day.
    """
    clicks, deals = [], []
    for n in range((LAST - FIRST).days + 1):
        at = FIRST_CLICK + timedelta(days=n)
        for wait, amount in ((0, "40.00"), (10, "60.00")):
            who, came = f"{n}-{wait}", at + timedelta(days=wait, hours=1)
            clicks.append(click(who, days_before=(LEAD_AT - at) / timedelta(days=1), anonymous_id=who))
            if came.date() <= LAST:
                told = {"created_at": came.isoformat(), "updated_at": "2026-10-20T20:00:00Z", "anonymous_id": who}
                deals.append(deal("won", deal_id=who, amount=amount, **told))
    record_touchpoints(workspace, clicks)
    import_deals(workspace, deals)
    return datetime(2026, 10, 21, 15, tzinfo=UTC)


def credited(wait):
    """What one of those deals earns its ad: a click that is ten days old is given less of its lead than a fresh one."""
    one = LedgerEntry.objects.filter(deal__external_id=f"5-{wait}").exclude(ad=None)
    return one.aggregate(amount=Sum("amount"))["amount"]


def test_a_file_of_deals_that_were_changed_long_after_their_lead_does_not_make_the_curve_slow(ripening):
    assert set(LedgerEntry.objects.values_list("booked_date", flat=True)) == {LAST}
    share = maturity(now=ripening).learnt.share
    at_once = credited(0) / (credited(0) + credited(10))
    assert (share[0], share[9]) == (pytest.approx(at_once), pytest.approx(at_once))
    assert share[10:].tolist() == [1.0] * (share.size - 10)


def test_a_day_is_a_day_of_the_ad_account(workspace, ads):  # noqa: F811
    """A click and its lead of one evening in New York, though it is the next day in UTC when the lead comes."""
    at = datetime(2026, 9, 1, 23, 30, tzinfo=UTC)
    for n in range(30):
        clicked, came = at + timedelta(days=n), at + timedelta(days=n, hours=2)
        record_touchpoints(
            workspace, [click(n, days_before=(LEAD_AT - clicked) / timedelta(days=1), anonymous_id=f"{n}")]
        )
        told = {"created_at": came.isoformat(), "updated_at": came.isoformat(), "anonymous_id": f"{n}"}
        import_deals(workspace, [deal("won", deal_id=f"{n}", **told)])
    assert maturity(now=at + timedelta(days=40)).learnt.share[0] == 1.0


def test_leads_of_today_count_for_the_part_of_today_that_has_passed(ripening, workspace):
    """Ten days after its clicks the second half of a day's leads comes in the course of the day."""
    at_once = credited(0) / (credited(0) + credited(10))
    workspace.timezone = "America/New_York"
    workspace.save()
    morning, evening = (maturity(now=datetime(2026, 10, 21, hour, tzinfo=UTC)) for hour in (10, 22))
    tenth = date(2026, 10, 11)
    assert morning.share_of(tenth) == pytest.approx(at_once + (1 - at_once) * 6 / 24)
    assert evening.share_of(tenth) == pytest.approx(at_once + (1 - at_once) * 18 / 24)
    assert evening.share_of(date(2026, 10, 21)) == 0.0


def test_a_deal_without_an_amount_counts_as_the_mean_of_the_others(ripening, workspace):
    """Clicks of every day bring one more lead at once, worth 50; those of the last week have no amount yet."""
    clicks, deals = [], []
    for n in range((LAST - FIRST).days + 1):
        at, who = FIRST_CLICK + timedelta(days=n), f"{n}-more"
        clicks.append(click(who, days_before=(LEAD_AT - at) / timedelta(days=1), anonymous_id=who))
        told = {"created_at": (at + timedelta(hours=1)).isoformat(), "updated_at": "2026-10-20T20:00:00Z"}
        amount = "50.00" if (LAST - FIRST).days - n >= 7 else None
        deals.append(deal("won", deal_id=who, amount=amount, anonymous_id=who, **told))
    record_touchpoints(workspace, clicks)
    import_deals(workspace, deals)
    learnt = maturity(now=ripening + timedelta(hours=1)).learnt
    had, more = credited(0) + credited(10), credited("more")
    assert learnt.came[0] == pytest.approx((credited(0) + more) / (had + more), rel=0.05)
    assert (learnt.told[0], learnt.told[7]) == (pytest.approx(had / (had + more), rel=0.05), pytest.approx(1.0))


def test_a_young_day_is_judged_by_what_it_will_earn_and_todays_is_not_judged(ripening):
    curve = maturity(now=ripening)
    assert curve.until == LAST
    assert curve.share_of(date(2026, 10, 19)) == pytest.approx(credited(0) / (credited(0) + credited(10)))
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
    whole = (credited(0) + credited(10)) / 100
    assert float(found.roas) == pytest.approx(whole / 50), "both days the same, though only part of one has come so far"
    assert found.spend_share == pytest.approx(2 / 3)
    assert matured_return(days, curve, Basis.CASH).roas is None
