"""The budgets that one turn may set: between floor and ceiling, and no further from today's budget than a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor


@dataclass(frozen=True)
class Holder:
    """What holds a daily budget: an ad set, or a campaign that shares its budget. `current` in whole units, `score` the return expected."""

    key: int
    current: int
    score: float


@dataclass(frozen=True)
class StepLimits:
    """Fractions of today's budget, and whole units. `ceiling` None: no ceiling."""

    step_up: float
    step_down: float
    floor: int = 0
    ceiling: int | None = None


@dataclass(frozen=True)
class Bounds:
    low: int
    high: int
    broken: str = ""


def bounds_of(holder: Holder, limits: StepLimits) -> Bounds:
    """The whole units a holder may get, low <= high always.

    Where the step does not reach the floor or the ceiling, the step wins: the budget moves towards them, and `broken` says so.
    """
    low = max(ceil(holder.current * (1 - limits.step_down) - 1e-9), 0)
    high = max(floor(holder.current * (1 + limits.step_up) + 1e-9), low)
    top = high if limits.ceiling is None else max(limits.ceiling, limits.floor)
    if high < limits.floor:
        return Bounds(high, high, "a step does not reach the floor")
    if low > top:
        return Bounds(low, low, "a step does not reach the ceiling")
    return Bounds(max(low, limits.floor), min(high, top))


def all_bounds(holders: Sequence[Holder], limits: StepLimits) -> list[Bounds]:
    return [bounds_of(holder, limits) for holder in holders]
