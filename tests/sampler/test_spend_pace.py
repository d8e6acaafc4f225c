"""When is spending a runaway? Tables of the rule, and ordinary days of a market that must never look like one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler.domain.spend_pace import PaceLimits, Reading, hour_shares, runaway
from stratum.sandbox import AccountProfile
from stratum.sandbox.market.auction import Auction
from stratum.sandbox.market.build import build_account

DAY = date(2026, 11, 20)
BEGAN = datetime(2026, 11, 20, tzinfo=UTC)
EVEN = [1 / 24] * 24
CAP = 150_000


def read(hour: float, spend: int, budgets: int = 100_000) -> Reading:
    return Reading(BEGAN + timedelta(hours=hour), DAY, spend, budgets)


def judged(*readings: Reading, since: Reading | None = None, cap: int | None = CAP, shares=EVEN):
    found = runaway(readings, day_began=BEGAN, hour_shares=shares, cap=cap, limits=PaceLimits(), since=since)
    return found and found.rule


CASES = [
    ("nothing was read yet", (), None),
    ("a day as planned", (read(12, 50_000), read(13, 54_000)), None),
    ("a whole day and a quarter", (read(23, 125_000),), None),
    ("more than that", (read(23, 125_001),), "day"),
    ("three hours' worth in one, and the lag", (read(12, 50_000), read(13, 50_000 + 15_624)), None),
    ("more than that", (read(12, 50_000), read(13, 50_000 + 15_626)), "hour"),
    ("the hour before, not the reading before", (read(11, 1_000), read(11.9, 16_000), read(12, 16_700)), "hour"),
    ("ten minutes alone are no hour", (read(12, 50_000), read(12.17, 53_000)), None),
    ("four hours without a reading", (read(8, 30_000), read(12, 50_000)), None),
    ("the first hour of a day counts from midnight", (read(1, 13_000),), "hour"),
    ("before an hour has passed", (read(0.5, 13_000),), None),
    ("budgets that were cut or paused since", (read(12, 90_000), read(20, 120_000, 10_000)), None),
    ("no budget is active", (read(12, 50, 0),), None),
]


@pytest.mark.parametrize("case, readings, rule", CASES, ids=[case for case, *_ in CASES])
def test_a_pace_is_a_runaway_or_not(case, readings, rule):
    assert judged(*readings) == rule


def test_a_steep_hour_of_small_money_is_no_alarm():
    steep = (read(12, 500, 2_000), read(13, 900, 2_000))
    assert judged(*steep) is None
    assert judged(*steep, cap=3_000) == "hour"
    assert judged(*steep, cap=None) == "hour", "without a cap the budgets stand for it"


def test_what_a_person_let_pass_is_not_held_against_the_account_again():
    before = read(12, 130_000)
    assert judged(before, read(14, 138_000)) == "day"
    assert judged(before, read(14, 138_000), since=before) is None
    assert judged(before, read(14, 160_000), since=before) == "hour"


def test_a_learnt_evening_peak_is_expected():
    days = [[(float(hour), 1_000 * hour if hour < 20 else 19_000 + 20_000 * (hour - 19)) for hour in range(1, 24)]] * 14
    shares = hour_shares(days)
    peak = (read(19, 20_000), read(20, 38_000))
    assert judged(*peak) == "hour"
    assert judged(*peak, shares=shares) is None


@given(st.lists(st.lists(st.tuples(st.floats(0.1, 24), st.integers(0, 10**9)), max_size=30).map(sorted), max_size=5))
def test_the_curve_of_a_day_is_a_share_whatever_was_read(days):
    shares = hour_shares(days)
    assert sum(shares) == pytest.approx(1)
    assert min(shares) > 0 or all(share >= 0 for share in shares)


@pytest.mark.parametrize("seed", range(1, 6))
def test_ordinary_days_raise_no_alarm(seed):
    """Sixty days of a market with its hours, moods and noise; figures come by the hour, and are read every ten minutes.

    Of five budgets and more: a single one may well take a third more than its budget on a day, and its owner a wider limit.
    """
    profile = AccountProfile(timezone="UTC", campaigns=3, campaign_budgets=1, ad_sets=1 + 4 * seed, ads=1 + 4 * seed)
    auction = Auction(build_account(profile, seed, 0, BEGAN), seed)
    budgets = round(auction.budgets().sum() * 100)
    for day in range(60):
        spent, readings = 0.0, []
        for hour in range(24):
            starts = BEGAN + timedelta(days=day, hours=hour)
            spent += float(auction.run_hour(starts, 24 * day + hour).spend.sum())
            for minute in range(0, 60, 10):
                at = BEGAN + timedelta(hours=hour + 1, minutes=minute)
                if hour < 23:
                    readings.append(Reading(at, DAY, round(spent * 100), budgets))
                found = runaway(
                    readings, day_began=BEGAN, hour_shares=EVEN, cap=round(budgets * 1.25), limits=PaceLimits()
                )
                assert found is None, (day, hour, minute, found)


def test_an_even_prior_is_learnt_away():
    half = [[(12.0, 0), (24.0, 1_000)]] * 30
    assert np.sum(hour_shares(half)[:12]) == pytest.approx(1.5 / 33)
