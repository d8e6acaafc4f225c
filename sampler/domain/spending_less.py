"""When less spend would pay: budgets whose last unit returns less than it has to, at what is known of their curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sampler.domain.curve_reasons import Curve

FURTHEST = 2.0
"""Curves say little about budgets that were never tried: no budget is advised below half of today's at once."""
NOTICED = 0.05
"""Of the total: less is not worth a word."""


@dataclass(frozen=True)
class SpendingLess:
    """`saved` money a day, and the `lost` revenue that it brought; major units. `budgets` after it, in the order of the curves."""

    saved: float
    lost: float
    budgets: tuple[float, ...]
    least_return: float

    @property
    def gained(self) -> float:
        """What is left of the saving after the revenue lost, each unit of which is worth 1/`least_return` of spend."""
        return self.saved - self.lost / self.least_return


def spending_less(
    curves: Sequence[Curve], budgets: Sequence[float], *, floor: float = 0.0, least_return: float = 1.0
) -> SpendingLess | None:
    """The budgets at which the last unit of each returns at least `least_return`, or half of today's; None where that saves next to nothing.

    Marginal return of expected·(s/usual)^e is e·revenue(s)/s, which falls as s grows, so that each budget has one point where it is enough.
    """
    if least_return <= 0:
        return None
    after = tuple(_enough(curve, now, floor, least_return) for curve, now in zip(curves, budgets, strict=True))
    saved = sum(budgets) - sum(after)
    if saved < NOTICED * sum(budgets) or saved <= 0:
        return None
    lost = sum(
        curve.revenue(now) - curve.revenue(then) for curve, now, then in zip(curves, budgets, after, strict=True)
    )
    return SpendingLess(saved, lost, after, least_return)


def in_words(less: SpendingLess | None, currency: str) -> str:
    """Empty where nothing is to be said."""
    if less is None:
        return ""
    goal = "break-even" if less.least_return == 1 else f"a marginal ROAS of {less.least_return:.2f}×"
    return (
        f"Spending less would pay: {less.saved:,.2f} {currency} a day lie below {goal} and bring back only {less.lost:,.2f} {currency}. "
        "The total stays until a person lowers it."
    )


def _enough(curve: Curve, now: float, floor: float, least_return: float) -> float:
    least = min(now, max(now / FURTHEST, floor))
    if now <= 0 or marginal(curve, now) >= least_return:
        return now
    elasticity = min(curve.elasticity, 0.99)
    point = curve.usual * (elasticity * curve.expected / (curve.usual * least_return)) ** (1 / (1 - elasticity))
    return min(max(point, least), now)


def marginal(curve: Curve, budget: float) -> float:
    """What the last unit of a budget returns: marginal ROAS."""
    return curve.elasticity * curve.revenue(budget) / budget if budget > 0 else 0.0
