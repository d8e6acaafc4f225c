"""Places every whole unit of a total over budget holders, in proportion to what each returns, inside each holder's bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampler.domain.budget_bounds import Bounds, Holder

SMALLEST_SHARE = 1e-6
TOO_LITTLE = "the total asked for is less than floors and steps leave in place"
TOO_MUCH = "the total asked for is more than ceilings and steps allow"


@dataclass(frozen=True)
class Placement:
    """`budgets` in the order of the holders. They sum to the total, unless `reason` says why that cannot be."""

    budgets: list[int]
    reason: str = ""


def place(total: int, holders: Sequence[Holder], bounds: Sequence[Bounds]) -> Placement:
    """Budgets proportional to current × score, projected onto the bounds; the remainder goes to the largest fractions.

    Multiplying today's budget by its return, turn after turn, ends where every holder's return is equal, which is the best split when
    returns diminish alike. Exact to the unit, monotone in each score, and independent of the holders' order (ties: the larger
    weight, then the smaller key). Scores that are not numbers count as zero.
    """
    if not holders:
        return Placement([], "" if total == 0 else "nobody holds a budget")
    low, high = (np.array([getattr(bound, side) for bound in bounds], dtype=np.float64) for side in ("low", "high"))
    if total <= low.sum():
        return Placement([b.low for b in bounds], "" if total == low.sum() else TOO_LITTLE)
    if total >= high.sum():
        return Placement([b.high for b in bounds], "" if total == high.sum() else TOO_MUCH)
    weights = pulls(holders)
    exact = _projected(float(total), weights, low, high)
    return Placement(whole_units(total, exact, weights, [holder.key for holder in holders], high))


def pulls(holders: Sequence[Holder]) -> NDArray[np.float64]:
    """current × score, scaled to a largest of 1 and lifted to a smallest of 1e-6, so that each holder can take what is left over."""
    score = np.array([holder.score for holder in holders], dtype=np.float64)
    current = np.array([max(holder.current, 1) for holder in holders], dtype=np.float64)
    score = np.where(np.isfinite(score) & (score > 0), score, 0.0)
    top = score.max(initial=0.0)
    weight = current / current.max() * (score / top if top > 0 else 1.0)
    return np.maximum(weight / weight.max(), SMALLEST_SHARE)


def _projected(
    total: float, weights: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """clip(multiplier × weight, low, high) with the multiplier that makes the sum the total, by bisection."""
    least, most = 0.0, float(high.max()) / float(weights.min()) + 1.0
    for _ in range(200):
        middle = (least + most) / 2
        if middle in (least, most):
            break
        if np.clip(middle * weights, low, high).sum() < total:
            least = middle
        else:
            most = middle
    return np.clip(most * weights, low, high)


def whole_units(
    total: int, exact: NDArray[np.float64], weights: NDArray[np.float64], keys: Sequence[int], high: NDArray[np.float64]
) -> list[int]:
    """Rounds a split so that it sums to the total: the rest goes to the largest fractions (ties: the larger weight, the smaller key)."""
    units = np.floor(exact + 1e-9).astype(np.int64)
    left = total - int(units.sum())
    order = sorted(range(len(keys)), key=lambda i: (units[i] - exact[i], -weights[i], keys[i]))
    step = 1 if left > 0 else -1
    for i in (order if left > 0 else reversed(order)) if left else ():
        if left and (step < 0 or units[i] < high[i]):
            units[i] += step
            left -= step
    return [int(unit) for unit in units]
