"""What each move of a plan is worth, and how few of them bring most of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sampler.domain.curve_reasons import CurveCase

MOST = 0.9


@dataclass(frozen=True)
class PlanGain:
    """`of` each budget, expected revenue a day in major units, in the order of the cases. `few` changes bring nine tenths of the sum."""

    of: tuple[float, ...]
    few: int

    @property
    def total(self) -> float:
        return sum(self.of)

    @property
    def changes(self) -> int:
        return sum(gain > 0 for gain in self.of)


def plan_gain(cases: Sequence[CurveCase]) -> PlanGain:
    """A move's gain is the revenue that it adds, less what its money returns where the plan puts its last unit.

    So a cut gains what its money earns elsewhere, and the gains of all moves sum to what the plan adds where its total stays.
    """
    price = _price(cases)
    gains = tuple(max(_gain(case, price), 0.0) if case.after != case.before else 0.0 for case in cases)
    ranked, reached, few = sorted(gains, reverse=True), 0.0, 0
    while reached < MOST * sum(gains):
        reached, few = reached + ranked[few], few + 1
    return PlanGain(gains, few)


def in_words(gain: PlanGain, currency: str, *, changes: int) -> str:
    """Empty where there is nothing to choose between."""
    if changes < 2 or gain.total <= 0 or gain.few >= changes:
        return ""
    return f"{gain.few} of the {changes} changes bring 90 % of the {gain.total:,.2f} {currency} a day that it should add; they come first."


def _gain(case: CurveCase, price: float) -> float:
    return case.curve.revenue(case.after) - case.curve.revenue(case.before) - price * (case.after - case.before)


def _price(cases: Sequence[CurveCase]) -> float:
    """The marginal return at which raises and cuts meet: of all moved money, halfway between what raises earn and cuts lose by the unit."""
    raised = [case for case in cases if case.after > case.before]
    cut = [case for case in cases if case.after < case.before]
    sides = [_by_unit(side) for side in (raised, cut) if side]
    return sum(sides) / len(sides) if sides else 0.0


def _by_unit(cases: Sequence[CurveCase]) -> float:
    revenue = sum(case.curve.revenue(case.after) - case.curve.revenue(case.before) for case in cases)
    return revenue / sum(case.after - case.before for case in cases)
