"""Why a budget should move, when budgets follow learnt response curves: what the next unit of money returns here and elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import exp, log, log1p, sqrt
from statistics import NormalDist
from typing import Any

from sampler.domain.reasons import WORN, Direction, Reason, chance

NOTICED = 0.05
CHANCE_NOTICED = 0.10


@dataclass(frozen=True)
class Curve:
    """Expected revenue of a day by budget: expected · (budget / usual)^elasticity. Money in major units.

    `deviation` is that of log revenue at the usual budget, `slope_deviation` that of the elasticity.
    """

    usual: float
    expected: float
    elasticity: float
    deviation: float
    slope_deviation: float
    median: float = 1.0
    """The median of what is believed, as a part of its mean."""
    luck: float = 0.0
    """How far a day's revenue strays at the usual budget because its orders are few, as the variance over the squared mean."""

    def revenue(self, budget: float) -> float:
        return self.expected * (budget / self.usual) ** self.elasticity if budget > 0 else 0.0

    def day_deviation(self, budget: float) -> float:
        """Of the log of a day's revenue at a budget, by the luck of its orders alone: the more revenue, the more even it is."""
        revenue = self.revenue(budget)
        return sqrt(log1p(self.luck * self.expected / revenue)) if revenue > 0 else 0.0

    def between(self, budget: float, coverage: float = 0.8) -> tuple[float, float]:
        """The interval that holds the expected revenue at a budget."""
        if budget <= 0:
            return 0.0, 0.0
        away = min(max(log(budget / self.usual), -3.0), 3.0)
        wide = sqrt(self.deviation**2 + (self.slope_deviation * away) ** 2)
        reach = NormalDist().inv_cdf(0.5 + coverage / 2) * wide
        middle = self.revenue(budget) * self.median
        return middle * exp(-reach), middle * exp(reach)


def curve_of(kept: Mapping[str, Any] | None) -> Curve | None:
    """The curve that is stored with a change; None where there is none."""
    if not kept:
        return None
    return Curve(**{field.name: kept[field.name] for field in fields(Curve) if field.name in kept})


@dataclass(frozen=True)
class CurveCase:
    """What is known of one budget holder when its budget is planned. Budgets and revenue in major units of `currency` a day."""

    currency: str
    before: float
    after: float
    curve: Curve
    kept_for_later: float
    """The part of the next unit's return that is left when the clicks that it wears out are counted in."""
    price: float
    """What the next unit of the total returns, as drawn: the same for every budget that its limits leave free."""
    account_return: float
    drawn: float
    """What this turn's draw made of its revenue: a factor."""
    own_weight: float
    clicks: float
    conversions: float
    fatigue: float
    weekday: float
    boost: float
    boosts: tuple[str, ...] = ()
    """Why there is a boost, a sentence each."""
    learning: str = ""
    """Until when a new budget is not cut, half a sentence; empty for others."""
    broke: str = ""
    """Since when its conversions, or the worth of them, are other than before, a sentence; empty for most."""
    results: str = "leads"
    """What clicks bring: leads or conversions."""
    season: float = 1.0
    """How the account's clicks have converted lately, over what its budgets' own pasts say."""

    @property
    def next_unit(self) -> float:
        """What one more unit returns at today's budget."""
        if self.before <= 0:
            return 0.0
        return self.kept_for_later * self.curve.elasticity * self.curve.revenue(self.before) / self.before

    @property
    def above(self) -> float:
        """The probability that the next unit returns more here than its price."""
        if self.next_unit <= 0 or self.price <= 0:
            return 0.5
        return NormalDist().cdf(log(self.next_unit / self.price) / max(self.curve.deviation, 1e-6))

    def return_at(self, budget: float) -> float:
        return self.curve.revenue(budget) / budget if budget > 0 else 0.0


def because_of_curve(case: CurveCase) -> tuple[Reason, ...]:
    """The reasons, what decides first."""
    now = case.return_at(case.before)
    lines = [
        Reason(
            "next unit",
            case.next_unit,
            _against(case.next_unit, case.price),
            f"Marginal ROAS {case.next_unit:.2f}×, {_side(case)} the plan's cut-off of {case.price:.2f}×.",
        ),
        Reason(
            "return",
            now,
            _against(now, case.account_return),
            f"Expected ROAS {now:.2f}× at today's budget and {case.return_at(case.after):.2f}× at the new one; the account averages {case.account_return:.2f}×.",
        ),
        Reason(
            "certainty",
            case.above,
            "up" if case.above >= 0.5 else "down",
            f"Marginal ROAS is above the plan's cut-off with a probability of {chance(case.above)}.",
        ),
        Reason("evidence", case.own_weight, "neutral", _evidence(case)),
        Reason(
            "curve",
            case.curve.elasticity,
            "neutral",
            f"A tenth more budget brings {100 * (1.1**case.curve.elasticity - 1):.0f} % more revenue here, as far as its days tell.",
        ),
    ]
    return (*lines, *_what_else(case))


def _what_else(case: CurveCase) -> list[Reason]:
    lines = []
    if case.broke:
        lines.append(Reason("break", case.own_weight, "neutral", case.broke))
    if case.learning:
        lines.append(Reason("learning", case.own_weight, "neutral", _still_learning(case)))
    if case.fatigue < WORN:
        sentence = f"Frequency: {100 * case.fatigue:.0f} % of its clicks are left."
        lines.append(Reason("fatigue", case.fatigue, "down", sentence))
    if case.kept_for_later < WORN:
        sentence = f"What it shows today wears out clicks of later days: {100 * (1 - case.kept_for_later):.0f} % of marginal ROAS is set against that."
        lines.append(Reason("later clicks", case.kept_for_later, "down", sentence))
    if abs(case.weekday - 1) > NOTICED:
        sentence = f"On this weekday its clicks are worth {100 * abs(case.weekday - 1):.0f} % {'more' if case.weekday > 1 else 'less'} than usual."
        lines.append(Reason("weekday", case.weekday, "up" if case.weekday > 1 else "down", sentence))
    if abs(case.boost - 1) > 0.005:
        why = f" {' '.join(case.boosts)}" if case.boosts else ""
        sentence = f"What is known from elsewhere moves its promise by {100 * (case.boost - 1):+.0f} %, less the more it sells itself.{why}"
        lines.append(Reason("boost", case.boost, "up" if case.boost > 1 else "down", sentence))
    if abs(case.drawn - 1) > CHANCE_NOTICED:
        sentence = f"Chance on purpose: to keep trying what is uncertain, this turn's draw put its return {100 * (case.drawn - 1):+.0f} % from the mean."
        lines.append(Reason("draw", case.drawn, "up" if case.drawn > 1 else "down", sentence))
    return lines


def _still_learning(case: CurveCase) -> str:
    rule = f"It is new and still learning: not cut {case.learning}, or until its own {case.results} tell more of it than those of similar budgets do"
    if case.after < case.before:
        return f"{rule}. The total is too small for that: it is cut all the same."
    return f"{rule}."


def what_would_turn_it(case: CurveCase) -> str:
    """Which return would turn the move round; for a move against it, why the plan makes it all the same."""
    raised = case.after > case.before
    if case.next_unit <= 0 or case.price <= 0:
        return ""
    if raised != (case.next_unit >= case.price):
        return _although(case, raised=raised)
    turning = case.return_at(case.before) * case.price / case.next_unit
    side, probability = ("below", 1 - case.above) if raised else ("above", case.above)
    return f"This would change if it returned {side} {turning:.2f}× at today's budget; the chance of that is put at {chance(probability)}."


def _although(case: CurveCase, *, raised: bool) -> str:
    moved, side = ("Raised", "below") if raised else ("Cut", "above")
    against = f"{moved} although its marginal ROAS is {side} the plan's cut-off"
    if raised == (case.drawn >= 1) and abs(case.drawn - 1) > NOTICED:
        return f"{against}: what is uncertain is tried out, and this turn's draw put its return {100 * (case.drawn - 1):+.0f} % from the mean."
    return f"{against}: limits keep other budgets from moving further, and the total has to be placed."


def _side(case: CurveCase) -> str:
    if abs(case.next_unit / case.price - 1) < 0.005 if case.price > 0 else False:
        return "at"
    return "above" if case.next_unit > case.price else "below"


def _evidence(case: CurveCase) -> str:
    seen = f"{case.conversions:,.{0 if case.conversions >= 100 else 1}f} {case.results} from {case.clicks:,.0f} clicks, older ones counting less"
    if case.own_weight >= 0.995:
        return f"What a click brings is judged by its own record alone: {seen}."
    return f"What a click brings is judged {100 * case.own_weight:.0f} % by its own record ({seen}), the rest by what its account promises."


def _against(value: float, average: float) -> Direction:
    return "neutral" if average <= 0 or abs(value / average - 1) < NOTICED else "up" if value > average else "down"
