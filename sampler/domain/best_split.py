from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sampler.domain.budget_simulator import Responding
from sampler.domain.portfolio.water_filling import water_fill

FURTHEST = 2.0
"""A best split stays within half and twice of what is known: curves say little about budgets that were never tried."""


def best_split(holders: Sequence[Responding], total: float) -> tuple[float, ...]:
    """The split of a daily total that is expected to bring most, each budget within FURTHEST of its share of it."""
    base = np.array([holder.budget for holder in holders])
    share = base / base.sum() * total
    exponent = np.clip([holder.curve.elasticity for holder in holders], 0.05, 0.97)
    level = [
        np.log(max(holder.curve.expected, 1e-12)) - e * np.log(holder.curve.usual)
        for holder, e in zip(holders, exponent, strict=True)
    ]
    budgets, _ = water_fill(np.array(level), exponent, share / FURTHEST, share * FURTHEST, total)
    return tuple(budgets.tolist())
