"""Does an account spend far faster than its budgets say? Money in minor units; a day is the account's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

HOUR = timedelta(hours=1)
PRIOR_DAYS = 3.0
"""Days of even spending that the learnt curve of a day is shrunk towards."""
LATE_HOUR = 22.0
"""A past day tells of its curve if it was still read after this hour."""


@dataclass(frozen=True)
class Reading:
    """What the account had spent of its day `at` an instant, and the sum of its active daily budgets then."""

    at: datetime
    day: date
    spend: int
    budgets: int


@dataclass(frozen=True)
class PaceLimits:
    """Alarm at more than `day_factor` of the day's budgets, or `hour_factor` of an hour's share and `hour_cap_share` of the cap.

    What a reading adds may have been spent by `reporting_lag` earlier. Meta refreshes its figures every 15 minutes.
    """

    day_factor: float = 1.25
    hour_factor: float = 3.0
    hour_cap_share: float = 0.02
    reporting_lag: timedelta = timedelta(minutes=15)


@dataclass(frozen=True)
class Runaway:
    """`rule`: "day" or "hour". What was spent, and what was to be expected in that time."""

    rule: str
    spent: int
    expected: float

    @property
    def times(self) -> float:
        return self.spent / max(self.expected, 1.0)


def runaway(
    readings: Sequence[Reading],
    *,
    day_began: datetime,
    hour_shares: Sequence[float],
    cap: int | None,
    limits: PaceLimits,
    since: Reading | None = None,
) -> Runaway | None:
    """The alarm that the day's readings, oldest first, give; None while the pace is sound.

    Budgets count with the highest sum of the day: what was cut or paused later may have been spent before. `since`: somebody looked
    and let it go on then; what was spent before is not held against the account again.
    """
    if not readings:
        return None
    start = since if since and since.day == readings[-1].day else Reading(day_began, readings[-1].day, 0, 0)
    seen = [reading for reading in readings if reading.at > start.at]
    budgets = max((reading.budgets for reading in readings), default=0)
    if not seen or not budgets:
        return None
    return _day(seen[-1], start, budgets, limits) or _hour(seen, start, budgets, day_began, hour_shares, cap, limits)


def _day(last: Reading, start: Reading, budgets: int, limits: PaceLimits) -> Runaway | None:
    spent = last.spend - start.spend
    return Runaway("day", spent, float(budgets)) if spent > limits.day_factor * budgets else None


def _hour(
    seen: Sequence[Reading],
    start: Reading,
    budgets: int,
    day_began: datetime,
    hour_shares: Sequence[float],
    cap: int | None,
    limits: PaceLimits,
) -> Runaway | None:
    """Against the reading an hour before; a gap between readings is judged as the longer time that it is."""
    last = seen[-1]
    before = next((one for one in reversed([start, *seen[:-1]]) if last.at - one.at >= HOUR), None)
    if before is None:
        return None
    spent = last.spend - before.spend
    from_hour = max((before.at - limits.reporting_lag - day_began) / HOUR, 0.0)
    expected = budgets * _share_between(hour_shares, from_hour, (last.at - day_began) / HOUR)
    most = limits.day_factor * budgets if cap is None else cap
    if spent > limits.hour_factor * expected and spent > limits.hour_cap_share * most:
        return Runaway("hour", spent, expected)
    return None


def _share_between(hour_shares: Sequence[float], first: float, last: float) -> float:
    spent_by = np.concatenate([[0.0], np.cumsum(hour_shares)])
    marks = np.arange(len(spent_by))
    return float(np.interp(last, marks, spent_by) - np.interp(first, marks, spent_by))


def hour_shares(days: Sequence[Sequence[tuple[float, int]]]) -> list[float]:
    """The share of a day's spend in each of its 24 hours, learnt from past days of (hour of the day, spent by then), summing to one."""
    total = np.full(24, PRIOR_DAYS / 24)
    for day in days:
        if len(day) < 2 or day[-1][0] < LATE_HOUR or day[-1][1] <= 0:
            continue
        hours, spent = np.array([(0.0, 0), *day], dtype=np.float64).T
        by_hour = np.diff(np.interp(np.arange(25), hours, np.maximum.accumulate(spent)))
        total += by_hour / by_hour.sum()
    return (total / total.sum()).tolist()
