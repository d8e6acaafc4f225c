"""Signs that what the engine believes has lost touch with the world: then budgets stay where they are, the last that were known to be good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, exp
from statistics import median

STATED = 0.8
BY_CHANCE = 0.001
FEWEST_DAYS = 3
FAR_OFF = 2.0
"""How many times too high or too low stated returns may be before the model is in doubt, whatever intervals it stated."""


@dataclass(frozen=True)
class Day:
    """The return that was stated for a day, with its 80 % interval, and the one that came."""

    stated: float
    low: float
    high: float
    seen: float

    @property
    def held(self) -> bool:
        return self.low <= self.seen <= self.high


def out_of_touch(past: Sequence[Day]) -> str:
    """Whether the returns of past days were as stated for them; why that is in doubt, or nothing.

    In doubt once so few lay inside their 80 % intervals that a sound model would do so less than once in a thousand times (binomial), or
    where those of three days and more were stated more than twice too high or too low in the median.
    """
    days, inside = len(past), sum(day.held for day in past)
    if days >= FEWEST_DAYS and (told := _far_off(past)):
        return told
    chance = sum(comb(days, k) * STATED**k * (1 - STATED) ** (days - k) for k in range(inside + 1))
    if chance >= BY_CHANCE:
        return ""
    return (
        f"Of the last {days} days' returns only {inside} lay within what had been expected, where four in five should."
    )


def _far_off(past: Sequence[Day]) -> str:
    times = median(day.stated / max(day.seen, 1e-9) for day in past)
    if 1 / FAR_OFF <= times <= FAR_OFF:
        return ""
    side = f"{min(times, 1000):.1f} times as high" if times > 1 else f"{100 * times:.0f} % of"
    return f"What was stated for the last {len(past)} days is {side} {'as ' if times > 1 else ''}what they returned, in the median."


def gone_silent(came: int, usual: Sequence[int], *, hours: int) -> str:
    """Leads of the last hours against those of the same hours on earlier days; why the feed is in doubt, or nothing.

    Silence is in doubt where none of those days was silent, and their mean makes it rarer than once in a thousand times (Poisson).
    """
    if came or not usual or min(usual) == 0:
        return ""
    mean = sum(usual) / len(usual)
    if exp(-mean) >= BY_CHANCE:
        return ""
    return f"No lead came in the last {hours} hours, where {mean:,.0f} are usual at this time of day: forms or their collection may be broken."
