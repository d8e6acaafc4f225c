"""A move that a person rejected is not proposed again for a week, unless what is known of the budget has changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log

from sampler.domain.budget_bounds import Bounds
from sampler.domain.curve_reasons import Curve

HOLDS_DAYS = 7


@dataclass(frozen=True)
class RejectedMove:
    """What was rejected. `curve`: what was expected of the budget then; None where no curve was known."""

    raised: bool
    curve: Curve | None


def has_new_evidence(move: RejectedMove, budget: float, expected: float) -> bool:
    """Whether the revenue expected of today's `budget` differs by a standard deviation from what was expected at the rejection.

    Money in major units a day.
    """
    if move.curve is None or budget <= 0:
        return False
    then = move.curve.revenue(budget)
    if then <= 0 or expected <= 0:
        return then != expected
    return abs(log(expected / then)) > move.curve.deviation


def held(
    bounds: Sequence[Bounds], before: Sequence[int], moves: Sequence[RejectedMove | None], total: int
) -> tuple[list[Bounds], list[bool]]:
    """Bounds without the rejected moves, and which of them hold. Whole units.

    All of them are let go where the total cannot be placed otherwise.
    """
    narrowed = [
        bound if move is None else _without(bound, now, raised=move.raised)
        for bound, now, move in zip(bounds, before, moves, strict=True)
    ]
    if not sum(bound.low for bound in narrowed) <= total <= sum(bound.high for bound in narrowed):
        return list(bounds), [False] * len(bounds)
    return narrowed, [move is not None for move in moves]


def _without(bound: Bounds, now: int, *, raised: bool) -> Bounds:
    if raised:
        return replace(bound, high=max(min(bound.high, now), bound.low))
    return replace(bound, low=min(max(bound.low, now), bound.high))
