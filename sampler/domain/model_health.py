"""Signs that what the engine believes has lost touch with the world: then budgets stay where they are, the last that were known to be good."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, exp

STATED = 0.8
BY_CHANCE = 0.001
FEWEST_DAYS = 10


def out_of_touch(held: Sequence[bool]) -> str:
    """Whether the returns of past days lay inside the 80 % intervals that were stated for them; why it is in doubt, or nothing.

    In doubt once so few hold that a sound model would do so less than once in a thousand times (binomial).
    """
    days, inside = len(held), sum(held)
    chance = sum(comb(days, k) * STATED**k * (1 - STATED) ** (days - k) for k in range(inside + 1))
    if days < FEWEST_DAYS or chance >= BY_CHANCE:
        return ""
    return (
        f"Of the last {days} days' returns only {inside} lay within what had been expected, where four in five should."
    )


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
