"""Revenue per marketing touch: sums divided by sums, with how sure the quotient is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Codes = NDArray[np.intp]
Z_80 = 1.2815515655446004
"""An interval this many standard errors to each side holds the true ratio four times out of five."""


@dataclass(frozen=True)
class Ratios:
    """By group: (groups,) each."""

    revenue: Reals
    touches: Codes
    people: Codes
    low: Reals
    high: Reals
    """Bounds of revenue ÷ touches; NaN where fewer than two people were touched."""

    @property
    def ratio(self) -> Reals:
        return self.revenue / np.maximum(self.touches, 1)


def revenue_per_touch(group: Codes, person: NDArray[np.int64], revenue: Reals, groups: int) -> Ratios:
    """Revenue per touch of each group, from (touches,) group codes, people (0 is nobody known) and revenue.

    People are the sampled units, for one person's touches and purchases hang together: with R = Σ revenue ÷ Σ touches and
    person i's residual eᵢ = revenueᵢ − R · touchesᵢ, the variance of R is n/(n−1) · Σ eᵢ² ÷ (Σ touches)² (delta method;
    Cochran, "Sampling techniques", 3rd edition, 6.4). The interval tells chance among people, not whether the model is right.
    """
    unknown = person == 0
    named = np.where(unknown, -np.arange(1, len(person) + 1), person).astype(np.int64)
    codes, who = np.unique(np.unique(named, return_inverse=True)[1] * groups + group, return_inverse=True)
    people, of_group = len(codes), codes % groups
    earned, touched = np.bincount(who, revenue, people), np.bincount(who, minlength=people)
    total, count = np.bincount(group, revenue, groups), np.bincount(group, minlength=groups)
    size = np.bincount(of_group, minlength=groups)
    ratio = total / np.maximum(count, 1)
    squares = np.bincount(of_group, (earned - ratio[of_group] * touched) ** 2, groups)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(size > 1, np.sqrt(size / (size - 1) * squares) / count, np.nan)
    return Ratios(total, count, size, np.maximum(ratio - Z_80 * error, 0), ratio + Z_80 * error)
