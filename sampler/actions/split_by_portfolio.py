from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date

import numpy as np

from sampler.domain import AdRows, Limits, Portfolio
from sampler.domain.belief import Belief
from sampler.domain.budget_bounds import Bounds
from sampler.domain.budget_plan import TOO_LITTLE, TOO_MUCH, whole_units
from sampler.domain.curve_reasons import Curve, CurveCase, because_of_curve, what_would_turn_it
from sampler.domain.drift import shared_shocks
from sampler.domain.expected_return import Expected, expected
from sampler.domain.portfolio.plan import Plan as EnginePlan
from sampler.domain.split import HolderSplit, Split
from sampler.models import AccountLimits
from sampler.selectors.budgets import BudgetHolder
from stratum.core.models import AdAccount
from stratum.core.money import exponent

POLICY = AccountLimits.Policy.PORTFOLIO
DRAWS = 400
WIDE = 10.0


def split_by_portfolio(
    account: AdAccount,
    portfolio: Portfolio,
    holders: Sequence[BudgetHolder],
    beliefs: Mapping[int, Belief],
    bounds: Sequence[Bounds],
    *,
    drift: float,
    day: date,
    seed: int,
    total: int,
    unit: int,
) -> Split:
    """Budgets of equal marginal return on the learnt curves, inside the bounds (in whole `unit`s, like the placement).

    `drift` is how far the account's daily return strays from what its past promised.
    """
    low, high = (np.array([getattr(bound, side) for bound in bounds], dtype=np.int64) for side in ("low", "high"))
    units, reason = total // unit, ""
    if units <= low.sum():
        high, reason = low, TOO_LITTLE if units < low.sum() else ""
    elif units >= high.sum():
        low, reason = high, TOO_MUCH if units > high.sum() else ""
    minor = 1 / 10 ** exponent(account.currency)
    scale = unit * minor
    placed = int(np.clip(units, low.sum(), high.sum()))
    spend = np.array([holder.budget for holder in holders]) * minor
    rows = AdRows([holder.key for holder in holders], [account.pk] * len(holders), spend, 0 * spend, 0 * spend)
    # The bounds are the account's own; a step only tells the engine that budgets move gradually.
    limits = Limits(step=WIDE, floor=low * scale, ceiling=high * scale, launch=high * scale)
    planned = portfolio.plan(day.toordinal(), placed * scale, rows, limits, seed=seed)
    after = whole_units(placed, planned.budget / scale, planned.theta, [holder.key for holder in holders], high)
    shocks = shared_shocks(drift, DRAWS, np.random.default_rng([seed, 1]))
    cases = _cases(account, holders, planned, beliefs, spend, np.array(after) * scale, day)
    basis = [f"by what the next {account.currency} returns: {planned.price:.2f} where limits leave a choice."]
    basis += [f"The nearest that is possible: {reason}."] if reason else []
    return Split(
        policy=POLICY,
        parts=tuple(
            _part(case, budget * unit, shocks, seed, holder.key)
            for case, budget, holder in zip(cases, after, holders, strict=True)
        ),
        outlook=_spread(
            Expected(planned.total_expected, planned.total_low, planned.total_high), placed * scale, shocks, (seed, 2)
        ),
        basis=tuple(basis),
        inputs=tuple(
            asdict(holder)
            | {"draw": float(draw), "spread": float(spread), "theta": float(theta)}
            | {"temperature": portfolio.config.temperature}
            for holder, draw, spread, theta in zip(
                holders, planned.draw, planned.draw_spread, planned.theta, strict=True
            )
        ),
    )


def _cases(
    account: AdAccount,
    holders: Sequence[BudgetHolder],
    planned: EnginePlan,
    beliefs: Mapping[int, Belief],
    before: np.ndarray,
    after: np.ndarray,
    day: date,
) -> list[CurveCase]:
    curves = [_curve(planned, i) for i in range(len(holders))]
    earned = sum(curve.revenue(budget) for curve, budget in zip(curves, before.tolist(), strict=True))
    seen = [_seen(holder, beliefs, day) for holder in holders]
    parts = planned.parts
    return [
        CurveCase(
            currency=account.currency,
            before=float(before[i]),
            after=float(after[i]),
            curve=curves[i],
            kept_for_later=float(parts.fatigue_price[i]),
            price=planned.price,
            account_return=earned / max(float(before.sum()), 1e-9),
            drawn=float(np.exp(planned.draw_spread[i] * planned.draw[i])),
            own_weight=float(parts.own_weight[i]),
            clicks=seen[i][0],
            conversions=seen[i][1],
            fatigue=float(parts.fatigue[i]),
            weekday=float(parts.weekday[i]),
            boost=float(parts.boost[i]),
        )
        for i in range(len(holders))
    ]


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
    own = [beliefs[ad].decayed(max(day.toordinal(), beliefs[ad].as_of)) for ad in holder.ad_ids if ad in beliefs]
    return sum(belief.clicks for belief in own), sum(belief.conversions for belief in own)


def _part(case: CurveCase, after: int, shocks: np.ndarray, seed: int, key: int) -> HolderSplit:
    low, high = case.curve.between(case.after)
    believed = Expected(case.curve.revenue(case.after), low, high)
    return HolderSplit(
        after=after,
        because=because_of_curve(case),
        would_change_our_mind=what_would_turn_it(case),
        outlook=_spread(believed, case.after, shocks, (seed, 3, key)),
        clicks=case.clicks,
        conversions=case.conversions,
        curve=asdict(case.curve) | {"price": case.price},
    )


def _spread(believed: Expected, budget: float, shocks: np.ndarray, seed: tuple[int, ...]) -> Expected:
    """A day's return: what is believed of its mean, and how far days stray from what their past promised."""
    if budget <= 0 or believed.low <= 0:
        return Expected(0.0, 0.0, 0.0)
    deviation = np.log(believed.high / believed.low) / 2.563
    draws = np.exp(deviation * np.random.default_rng(list(seed)).standard_normal(len(shocks)) - deviation**2 / 2)
    days = draws * shocks
    return expected(believed.mean / budget * days / days.mean())
