"""What a plan should return, with an interval, from the draws behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ELASTICITY = 0.8
"""d log revenue / d log spend: an assumption, in the middle of published response curves, until an account's own is learnt."""


@dataclass(frozen=True)
class Expected:
    """Mean and 80 % interval (10th to 90th percentile) of a return on spend."""

    mean: float
    low: float
    high: float


def returns_at(
    roas: NDArray[np.float64], before: NDArray[np.float64], after: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Revenue of each draw and holder at new budgets: roas (draws, holders) at `before`, diminishing with ELASTICITY."""
    ratio = np.divide(after, before, out=np.ones(len(before)), where=before > 0)
    return roas * after * np.where(ratio > 0, ratio, 1.0) ** (ELASTICITY - 1)


def expected(samples: NDArray[np.float64]) -> Expected:
    """Of one number's draws. No draws: zeros."""
    if samples.size == 0:
        return Expected(0.0, 0.0, 0.0)
    low, high = np.quantile(samples, (0.1, 0.9))
    return Expected(float(samples.mean()), float(low), float(high))
