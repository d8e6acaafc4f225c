from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from math import exp, hypot, inf, log
from statistics import NormalDist

import numpy as np

from sampler.domain import AdRows, Limits, Portfolio
from sampler.domain.belief import Belief, weight
from sampler.domain.best_chance import chances_of_best
from sampler.domain.boosts import of_holder, together
from sampler.domain.budget_plan import TOO_LITTLE, TOO_MUCH, whole_units
from sampler.domain.curve_reasons import Curve, CurveCase, because_of_curve, what_would_turn_it
from sampler.domain.expected_return import Expected
from sampler.domain.fuzzy_budgets import blurred
from sampler.domain.plan_gain import in_words, plan_gain
from sampler.domain.portfolio.plan import Plan as EnginePlan
from sampler.domain.reasons import of_all
from sampler.domain.rejected_moves import HOLDS_DAYS
from sampler.domain.spending_less import in_words as less_in_words
from sampler.domain.spending_less import spending_less
from sampler.domain.split import HolderSplit, Split
from sampler.models import AccountLimits
from sampler.selectors.budgets import BudgetHolder
from sampler.selectors.questions import Question, worth_a_change
from stratum.core.money import exponent

POLICY = AccountLimits.Policy.PORTFOLIO
REACH = NormalDist().inv_cdf(0.9)
WIDE = 10.0
TOLD = 0.001
TOLD_DAYS = 30
"""How long a break with the past is told of."""


def split_by_portfolio(question: Question, portfolio: Portfolio, *, drift: float, seed: int) -> Split:
    """Budgets of equal marginal return on the learnt curves, inside the bounds.

    `drift` is how far the account's daily return strays from what its past promised.
    """
    account, holders = question.account, question.holders
    minor = 1 / 10 ** exponent(account.currency)
    scale = question.unit * minor
    low, high, placed, reason = _room(question)
    before = np.array([holder.budget for holder in holders]) * minor
    planned = planned_together(portfolio, [question], placed * scale, seed=seed)
    after = whole_units(placed, planned.budget / scale, planned.theta, [holder.key for holder in holders], high)
    after = blurred(after, low=low.tolist(), high=high.tolist(), share=question.rules.jitter, seed=seed)
    after = worth_a_change(question, after)
    placed = sum(after)
    cases = _cases(question, planned, before, np.array(after) * scale)
    units, deviations = zip(*((case.next_unit, case.curve.deviation) for case in cases), strict=True)
    best = chances_of_best(units, deviations, seed=seed)
    believed = Expected(planned.total_expected, planned.total_low, planned.total_high)
    basis = [f"by what the next {account.currency} returns: {planned.price:.2f} where limits leave a choice."]
    basis += [f"The nearest that is possible: {reason}."] if reason else []
    basis += _of_new(question, cases)
    if question.rejected:
        basis.append(
            f"Moves left out because a person rejected them within {HOLDS_DAYS} days and nothing new is known: {len(question.rejected)}."
        )
    less = spending_less(
        [case.curve for case in cases],
        before.tolist(),
        floor=question.rules.floor * minor,
        least_return=question.rules.least_return,
    )
    basis += filter(None, [less_in_words(less, account.currency)])
    gain = plan_gain(cases)
    basis += filter(None, [in_words(gain, account.currency, changes=sum(case.after != case.before for case in cases))])
    if planned.explored >= TOLD:
        basis.append(
            f"Of it {planned.explored:.1%} lie where a draw put them, to learn, and not where most is expected."
        )
    return Split(
        policy=POLICY,
        explored=planned.explored,
        parts=tuple(
            _part(case, budget * question.unit, drift, chance, len(cases), added)
            for case, budget, chance, added in zip(cases, after, best, gain.of, strict=True)
        ),
        outlook=_of_days(believed, placed * scale, drift),
        basis=tuple(basis),
        inputs=tuple(
            vars(holder)
            | {"draw": float(draw), "spread": float(spread), "theta": float(theta)}
            | {"temperature": question.rules.temperature}
            for holder, draw, spread, theta in zip(
                holders, planned.draw, planned.draw_spread, planned.theta, strict=True
            )
        ),
    )


def planned_together(portfolio: Portfolio, questions: Sequence[Question], total: float, *, seed: int) -> EnginePlan:
    """The engine's plan for the budgets of all the questions, one after another; money in major units of one currency.

    Each account's budgets are drawn at its own temperature, here as in its own plan, so that both agree.
    """
    scales = [question.unit / 10 ** exponent(question.account.currency) for question in questions]
    asked = [(question, holder) for question in questions for holder in question.holders]
    low, high = (
        np.concatenate([scale * side for scale, side in zip(scales, sides, strict=True)])
        for sides in zip(*(_sides(question) for question in questions), strict=True)
    )
    spend = np.array([holder.budget / 10 ** exponent(question.account.currency) for question, holder in asked])
    rows = AdRows(
        ad_id=[holder.key for _, holder in asked],
        account_id=[question.account.pk for question, _ in asked],
        spend=spend,
        impressions=0 * spend,
        clicks=0 * spend,
        log_boost=[_log_boost(question, holder) for question, holder in asked],
    )
    # The bounds are the accounts' own; a step only tells the engine that budgets move gradually.
    limits = Limits(step=WIDE, floor=low, ceiling=high, launch=high)
    temperature = [question.rules.temperature for question, _ in asked]
    return portfolio.plan(questions[0].day.toordinal(), total, rows, limits, seed=seed, temperature=temperature)


def _sides(question: Question) -> tuple[np.ndarray, np.ndarray]:
    """Least and most of each budget, in units."""
    low, high = (
        np.array([getattr(bound, side) for bound in question.bounds], dtype=np.int64) for side in ("low", "high")
    )
    return low, high


def _room(question: Question) -> tuple[np.ndarray, np.ndarray, int, str]:
    """Least and most of each budget and the total to place, in units; where the total leaves no choice, which total it is and why."""
    low, high = _sides(question)
    units = question.total // question.unit
    if units <= low.sum():
        return low, low, int(low.sum()), TOO_LITTLE if units < low.sum() else ""
    if units >= high.sum():
        return high, high, int(high.sum()), TOO_MUCH if units > high.sum() else ""
    return low, high, units, ""


def _log_boost(question: Question, holder: BudgetHolder) -> float:
    """Of the budget's ads, weighted by where its money went lately."""
    spent = {ad: max(question.beliefs[ad].spend, 0.0) if ad in question.beliefs else 0.0 for ad in holder.ad_ids}
    return of_holder([(spent[ad], together(question.boosts.get(ad, ()))) for ad in holder.ad_ids])


def _cases(question: Question, planned: EnginePlan, before: np.ndarray, after: np.ndarray) -> list[CurveCase]:
    curves = [_curve(planned, i) for i in range(len(question.holders))]
    earned = sum(curve.revenue(budget) for curve, budget in zip(curves, before.tolist(), strict=True))
    cases = []
    for i, holder in enumerate(question.holders):
        clicks, conversions = _seen(holder, question.beliefs, question.day)
        case = CurveCase(
            currency=question.account.currency,
            before=float(before[i]),
            after=float(after[i]),
            curve=curves[i],
            kept_for_later=float(planned.parts.fatigue_price[i]),
            price=planned.price,
            account_return=earned / max(float(before.sum()), 1e-9),
            drawn=float(np.exp(planned.draw_spread[i] * planned.draw[i])),
            own_weight=float(planned.parts.own_weight[i]),
            clicks=clicks,
            conversions=conversions,
            fatigue=float(planned.parts.fatigue[i]),
            weekday=float(planned.parts.weekday[i]),
            boost=float(planned.parts.boost[i]),
            learning=_learning(question, holder),
            broke=_broke(planned, i),
            boosts=tuple(boost.sentence for ad in holder.ad_ids for boost in question.boosts.get(ad, ())),
        )
        cases.append(case)
    return cases


def _learning(question: Question, holder: BudgetHolder) -> str:
    """Until when a new budget is not cut; empty for others."""
    if holder.key not in question.learning:
        return ""
    until, days = question.learning[holder.key], question.rules.learning_days
    if until == inf:
        return f"before it has spent for {days} {'day' if days == 1 else 'days'}"
    end = date.fromordinal(int(until))
    return f"before {end:%B} {end.day}"


def _broke(planned: EnginePlan, i: int) -> str:
    """Since when its conversions or their worth are other than before; empty where they are not."""
    for day, what in (
        (planned.broke[i], "Conversions a click"),
        (planned.broke_value[i], "What a conversion is worth"),
    ):
        if planned.day - day <= TOLD_DAYS:
            return f"{what} broke with the past on about {date.fromordinal(int(day)):%-d %B}: days before that hardly count."
    return ""


def _of_new(question: Question, cases: Sequence[CurveCase]) -> list[str]:
    if not question.learning:
        return []
    cut = sum(bool(case.learning) and case.after < case.before for case in cases)
    spared = [f"New budgets that are not cut before they were learnt: {len(question.learning) - cut}."]
    return spared + ([f"The total is too small for that with {cut} more."] if cut else [])


def _curve(planned: EnginePlan, i: int) -> Curve:
    usual, at = float(planned.parts.usual_spend[i]), float(planned.budget[i])
    elasticity = float(planned.elasticity[i])
    expected_at_usual = float(planned.expected[i]) * (usual / at) ** elasticity if at > 0 else 0.0
    return Curve(
        usual=usual,
        expected=expected_at_usual,
        elasticity=elasticity,
        deviation=float(np.sqrt(planned.variance[i])),
        slope_deviation=float(planned.slope_deviation[i]),
        median=float(np.sqrt(planned.low[i] * planned.high[i]) / max(float(planned.expected[i]), 1e-300)),
    )


def _seen(holder: BudgetHolder, beliefs: Mapping[int, Belief], day: date) -> tuple[float, float]:
    """Clicks and sales of its ads, older ones counting less."""
    clicks = conversions = 0.0
    for belief in (beliefs[ad] for ad in holder.ad_ids if ad in beliefs):
        kept = weight(max(day.toordinal() - belief.as_of, 0), belief.half_life)
        clicks, conversions = clicks + kept * belief.clicks, conversions + kept * belief.conversions
    return clicks, conversions


def _part(case: CurveCase, after: int, drift: float, best: float, of: int, gain: float) -> HolderSplit:
    low, high = case.curve.between(case.after)
    return HolderSplit(
        after=after,
        because=(*because_of_curve(case), *of_all(best, of)),
        would_change_our_mind=what_would_turn_it(case),
        outlook=_of_days(Expected(case.curve.revenue(case.after), low, high), case.after, drift),
        clicks=case.clicks,
        conversions=case.conversions,
        best=best,
        gain=gain,
        curve=vars(case.curve) | {"price": case.price},
    )


def _of_days(believed: Expected, budget: float, drift: float) -> Expected:
    """A day's return: what is believed of its mean, and how far days stray from what their past promised; lognormal both."""
    if budget <= 0 or believed.low <= 0:
        return Expected(0.0, 0.0, 0.0)
    deviation = hypot(log(believed.high / believed.low) / (2 * REACH), drift)
    mean = believed.mean / budget
    median = mean * exp(-(deviation**2) / 2)
    return Expected(mean, median * exp(-REACH * deviation), median * exp(REACH * deviation))
