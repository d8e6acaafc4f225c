from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf

import numpy as np

from sampler.domain import AdRows, Limits, Portfolio
from sampler.domain.belief import Belief, weight
from sampler.domain.best_chance import chances_of_best
from sampler.domain.budget_plan import TOO_LITTLE, TOO_MUCH, whole_units
from sampler.domain.curve_reasons import CurveCase, because_of_curve, what_would_turn_it
from sampler.domain.fuzzy_budgets import blurred
from sampler.domain.plan_gain import PlanGain, in_words, plan_gain
from sampler.domain.portfolio.plan import Plan as EnginePlan
from sampler.domain.reasons import of_all
from sampler.domain.rejected_moves import HOLDS_DAYS
from sampler.domain.spending_less import in_words as less_in_words
from sampler.domain.spending_less import spending_less
from sampler.domain.split import HolderSplit, Split
from sampler.models import AccountLimits
from sampler.selectors.budgets import BudgetHolder
from sampler.selectors.forecasts import Forecast, Learnt, curve_of_plan, log_boost, return_of
from sampler.selectors.questions import Question, worth_a_change
from stratum.core.money import exponent

POLICY = AccountLimits.Policy.PORTFOLIO
WIDE = 10.0
TOLD = 0.001
TOLD_DAYS = 30
"""How long a break with the past is told of."""


@dataclass(frozen=True)
class Placed:
    """Where the engine puts a total: `after` in whole units of the question, in the holders' order; `reason` where the total gave no choice."""

    planned: EnginePlan
    after: list[int]
    reason: str


def place_by_portfolio(question: Question, portfolio: Portfolio, *, seed: int) -> Placed:
    """Budgets of equal marginal return on the learnt curves, inside the bounds, without moves too small to be sent."""
    scale = question.unit / 10 ** exponent(question.account.currency)
    low, high, placed, reason = _room(question)
    planned = planned_together(portfolio, [question], placed * scale, seed=seed)
    after = whole_units(placed, planned.budget / scale, planned.theta, [one.key for one in question.holders], high)
    after = blurred(after, low=low.tolist(), high=high.tolist(), share=question.rules.jitter, seed=seed)
    return Placed(planned, worth_a_change(question, after), reason)


def split_by_portfolio(question: Question, learnt: Learnt, *, seed: int) -> Split:
    """The engine's split with its reasons."""
    account, holders = question.account, question.holders
    minor = 1 / 10 ** exponent(account.currency)
    before = np.array([holder.budget for holder in holders]) * minor
    placed = place_by_portfolio(question, learnt.portfolio, seed=seed)
    planned, after = placed.planned, placed.after
    cases = _cases(question, planned, before, np.array(after) * question.unit * minor)
    units, deviations = zip(*((case.next_unit, case.curve.deviation) for case in cases), strict=True)
    best = chances_of_best(units, deviations, seed=seed)
    gain = plan_gain(cases)
    forecast = forecast_of_question(question, learnt)
    return Split(
        policy=POLICY,
        explored=planned.explored,
        parts=tuple(
            _part(case, budget * question.unit, learnt.drift, chance, len(cases), added)
            for case, budget, chance, added in zip(cases, after, best, gain.of, strict=True)
        ),
        outlook=forecast.at(budgets_with_left(question, [budget * question.unit for budget in after])),
        standing=forecast.standing,
        weekday=forecast.weekday,
        basis=tuple(_basis(question, placed, cases, before, gain)),
        inputs=tuple(
            vars(holder)
            | {"draw": float(draw), "spread": float(spread), "theta": float(theta)}
            | {"temperature": question.rules.temperature}
            for holder, draw, spread, theta in zip(
                holders, planned.draw, planned.draw_spread, planned.theta, strict=True
            )
        ),
    )


def forecast_of_question(question: Question, learnt: Learnt) -> Forecast:
    """Of all budgets of the account, those that are left out of the question last."""
    holders = [*question.holders, *(left.holder for left in question.left)]
    boosts = [log_boost(holder, question.beliefs, question.boosts) for holder in holders]
    return Forecast(question.account, question.day, learnt, holders, boosts)


def budgets_with_left(question: Question, after: Sequence[int]) -> list[float]:
    """Major units: `after` of what was planned, minor units, and what the budgets that are left out may come to."""
    minor = 10 ** exponent(question.account.currency)
    return [budget / minor for budget in (*after, *(left.counted for left in question.left))]


def _basis(
    question: Question, placed: Placed, cases: Sequence[CurveCase], before: np.ndarray, gain: PlanGain
) -> list[str]:
    """How the split came about, a sentence each."""
    account, planned = question.account, placed.planned
    basis = [f"by marginal ROAS: the plan's cut-off is {planned.price:.2f}× where limits leave a choice."]
    basis += [f"The nearest that is possible: {placed.reason}."] if placed.reason else []
    basis += _of_new(question, cases)
    if question.rejected:
        basis.append(
            f"Moves left out because a person rejected them within {HOLDS_DAYS} days and nothing new is known: {len(question.rejected)}."
        )
    less = spending_less(
        [case.curve for case in cases],
        before.tolist(),
        floor=question.rules.floor / 10 ** exponent(account.currency),
        least_return=question.rules.least_return,
    )
    basis += filter(None, [less_in_words(less, account.currency)])
    basis += filter(None, [in_words(gain, account.currency, changes=sum(case.after != case.before for case in cases))])
    if planned.explored >= TOLD:
        basis.append(
            f"Of it {planned.explored:.1%} lie where a draw put them, to learn, and not where most is expected."
        )
    return basis


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
        log_boost=[log_boost(holder, question.beliefs, question.boosts) for question, holder in asked],
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


def _cases(question: Question, planned: EnginePlan, before: np.ndarray, after: np.ndarray) -> list[CurveCase]:
    curves = [curve_of_plan(planned, i) for i in range(len(question.holders))]
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
            results=question.account.workspace.results,
            season=float(planned.parts.season[i]),
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


def _seen(holder: BudgetHolder, beliefs: Mapping[int, Belief], day: date) -> tuple[float, float]:
    """Clicks and sales of its ads, older ones counting less."""
    clicks = conversions = 0.0
    for belief in (beliefs[ad] for ad in holder.ad_ids if ad in beliefs):
        kept = weight(max(day.toordinal() - belief.as_of, 0), belief.half_life)
        clicks, conversions = clicks + kept * belief.clicks, conversions + kept * belief.conversions
    return clicks, conversions


def _part(case: CurveCase, after: int, drift: float, best: float, of: int, gain: float) -> HolderSplit:
    return HolderSplit(
        after=after,
        because=(*because_of_curve(case), *of_all(best, of)),
        would_change_our_mind=what_would_turn_it(case),
        outlook=return_of(case.curve, case.after, drift),
        clicks=case.clicks,
        conversions=case.conversions,
        best=best,
        gain=gain,
        curve=vars(case.curve) | {"price": case.price, "drift": drift},
        grounds={
            "weekday": case.weekday,
            "season": case.season,
            "fatigue": case.fatigue,
            "own_weight": case.own_weight,
            "account": case.account_return,
            "broke": case.broke,
        },
    )
