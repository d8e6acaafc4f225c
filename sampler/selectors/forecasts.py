"""What budgets are expected to return on one day. Overview, plan, card and Simulator all state this one forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from math import exp, hypot, log
from statistics import NormalDist

import numpy as np

from sampler.domain import AdRows, Limits, Portfolio
from sampler.domain.belief import Belief
from sampler.domain.boosts import Boost, of_holder, together
from sampler.domain.curve_reasons import Curve
from sampler.domain.drift import UNKNOWN
from sampler.domain.expected_return import Expected
from sampler.domain.luck_of_orders import Orders, deviation
from sampler.domain.portfolio.plan import Plan as EnginePlan
from sampler.models import Plan, PortfolioState
from sampler.selectors.beliefs import beliefs_of
from sampler.selectors.boosts import boosts_of
from sampler.selectors.budgets import BudgetHolder, budget_holders
from sampler.selectors.guard import rules_of
from sampler.selectors.portfolios import latest_portfolio, restored_portfolio
from stratum.core.models import AdAccount
from stratum.core.money import exponent

STANDING = Limits(step=0.0, floor=0.0, ceiling=None, launch=0.0)
REACH = NormalDist().inv_cdf(0.9)


@dataclass(frozen=True)
class Learnt:
    """What the engine knows of an account: its state's digest, and how far the account's days stray from what was promised."""

    digest: str
    as_of: date
    portfolio: Portfolio
    drift: float


@dataclass(frozen=True)
class Forecast:
    """Of an account's budgets on `day`. Money in major units of the account's currency, in the order of the holders."""

    account: AdAccount
    day: date
    learnt: Learnt
    holders: Sequence[BudgetHolder]
    log_boost: Sequence[float]

    @cached_property
    def budgets(self) -> list[float]:
        return [holder.budget / 10 ** exponent(self.account.currency) for holder in self.holders]

    def at(self, budgets: Sequence[float]) -> Expected:
        """Return on spend of all budgets together, with the interval that holds it on four days in five."""
        plan = self._planned(budgets)
        luck = deviation([orders_of_plan(plan, i) for i in range(len(budgets))])
        believed = Expected(plan.total_expected, plan.total_low, plan.total_high)
        return of_days(believed, float(sum(budgets)), max(self.learnt.drift, luck))

    @cached_property
    def standing(self) -> Expected:
        """At today's budgets."""
        return self.at(self.budgets)

    @cached_property
    def curves(self) -> list[Curve]:
        """Expected revenue of the day by budget, of each holder."""
        plan = self._planned(self.budgets)
        return [curve_of_plan(plan, i) for i in range(len(self.holders))]

    @cached_property
    def weekday(self) -> float:
        """What conversions of a click are on this weekday, against the mean of the week; 1 is as usual."""
        plan = self._planned(self.budgets)
        weights = np.maximum(plan.expected, 1e-12)
        return float((plan.parts.weekday * weights).sum() / weights.sum()) if len(weights) else 1.0

    def rows(self, budgets: Sequence[float]) -> AdRows:
        nothing = np.zeros(len(budgets))
        return AdRows(
            ad_id=[holder.key for holder in self.holders],
            account_id=[self.account.pk] * len(self.holders),
            spend=np.array(budgets, dtype=float),
            impressions=nothing,
            clicks=nothing,
            log_boost=list(self.log_boost),
        )

    def _planned(self, budgets: Sequence[float]) -> EnginePlan:
        return self.learnt.portfolio.plan(
            self.day.toordinal(), float(sum(budgets)), self.rows(budgets), STANDING, temperature=0.0
        )


def learnt_of(account: AdAccount, day: date) -> Learnt | None:
    """What the current plan for `day` was made from, so that all pages state one forecast; the newest state without such a plan."""
    plan = Plan.objects.filter(account=account, status=Plan.Status.CURRENT, day=day).exclude(portfolio="")
    digest = plan.order_by("-created_at", "-id").values_list("portfolio", flat=True).first()
    row = PortfolioState.objects.filter(digest=digest).defer("arrays").first() if digest else None
    known = restored_portfolio(row) if row else latest_portfolio(account)
    return None if known is None or known[0].as_of_date > day else learnt(account, *known)


def learnt(account: AdAccount, row: PortfolioState, portfolio: Portfolio) -> Learnt:
    return Learnt(row.digest, row.as_of_date, portfolio, row.drift.get(str(account.pk), UNKNOWN))


def forecast_of(account: AdAccount, day: date, known: Learnt) -> Forecast:
    """Of all budgets that the account holds on `day`."""
    holders = budget_holders(account, day=day)
    ads = [ad for holder in holders for ad in holder.ad_ids]
    beliefs, boosts = beliefs_of(ads), boosts_of(rules_of(account), ads)
    return Forecast(account, day, known, holders, [log_boost(holder, beliefs, boosts) for holder in holders])


def log_boost(holder: BudgetHolder, beliefs: Mapping[int, Belief], boosts: Mapping[int, Sequence[Boost]]) -> float:
    """Of the budget's ads, weighted by where its money went lately."""
    spent = {ad: max(beliefs[ad].spend, 0.0) if ad in beliefs else 0.0 for ad in holder.ad_ids}
    return of_holder([(spent[ad], together(boosts.get(ad, ()))) for ad in holder.ad_ids])


def curve_of_plan(planned: EnginePlan, i: int) -> Curve:
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
        luck=replace(orders_of_plan(planned, i), revenue=expected_at_usual).variance
        / max(expected_at_usual**2, 1e-300),
    )


def orders_of_plan(planned: EnginePlan, i: int) -> Orders:
    parts = planned.parts
    return Orders(
        revenue=float(planned.expected[i]),
        value=float(parts.value_per_conversion[i]),
        spread=float(parts.value_spread[i]),
    )


def return_of(curve: Curve, budget: float, drift: float) -> Expected:
    """Of one budget on a day; its days stray as the account's, or by the luck of its few orders where that is more."""
    low, high = curve.between(budget)
    return of_days(Expected(curve.revenue(budget), low, high), budget, max(drift, curve.day_deviation(budget)))


def of_days(believed: Expected, budget: float, drift: float) -> Expected:
    """A day's return: what is believed of its mean, and how far days stray from what their past promised; lognormal both."""
    if budget <= 0 or believed.low <= 0:
        return Expected(0.0, 0.0, 0.0)
    deviation = hypot(log(believed.high / believed.low) / (2 * REACH), drift)
    mean = believed.mean / budget
    median = mean * exp(-(deviation**2) / 2)
    return Expected(mean, median * exp(-REACH * deviation), median * exp(REACH * deviation))
