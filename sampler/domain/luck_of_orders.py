"""How far a single day strays because it has so few orders, each won or lost, and of very different worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log1p, sqrt


@dataclass(frozen=True)
class Orders:
    """Expected of a day: `revenue`, and of its orders their mean whole `value` and the deviation `spread` of its logarithm."""

    revenue: float
    value: float
    spread: float

    @property
    def variance(self) -> float:
        """Of the day's revenue: a Poisson number of lognormal orders, each kept or lost as a whole.

        n·E[worth²] with n = revenue ÷ (value·kept) and E[worth²] = kept·value²·exp(spread²), so that it does not matter how many are kept.
        """
        return self.revenue * self.value * exp(self.spread**2)


def deviation(days: Sequence[Orders]) -> float:
    """The standard deviation of the log of what all of these bring together, by the lognormal of the same mean and variance."""
    revenue = sum(one.revenue for one in days)
    return sqrt(log1p(sum(one.variance for one in days) / revenue**2)) if revenue > 0 else 0.0
