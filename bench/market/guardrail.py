from __future__ import annotations

import numpy as np

from bench.market.policy import Limits


def place(asked: np.ndarray, yesterday: np.ndarray, budget: float, limits: Limits, *, pauses: bool) -> np.ndarray:
    """The asked budgets times one factor, each held within its bounds, so that they sum to the budget.

    The same for every policy. What is already legal stays as it is. Less than the budget is placed only where the highest
    bounds do not hold it. A pause is an action of its own, which no step limit binds, for policies that have it.
    """
    low, high = limits.bounds(yesterday, budget)
    if pauses:
        low, high = (np.where(asked > 0, bound, 0.0) for bound in (low, high))
    if low.sum() >= budget:
        return low * (budget / low.sum())
    if high.sum() <= budget:
        return high
    wanted = np.maximum(asked, 1e-9 * budget / asked.size)
    bounds = np.sort(np.concatenate([low / wanted, high / wanted]))
    first, last = 0, bounds.size - 1
    while last - first > 1:
        middle = (first + last) // 2
        if np.clip(bounds[middle] * wanted, low, high).sum() > budget:
            last = middle
        else:
            first = middle
    below, above = (np.clip(bounds[edge] * wanted, low, high) for edge in (first, last))
    gap = above.sum() - below.sum()
    return below + (above - below) * ((budget - below.sum()) / gap if gap > 0 else 0.0)
