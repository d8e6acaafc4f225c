"""What the budget simulator needs to know of a campaign or an account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from sampler.domain import AdRows, Limits, Portfolio
from sampler.domain.budget_simulator import Responding
from sampler.domain.curve_reasons import Curve
from sampler.domain.drift import UNKNOWN
from sampler.domain.portfolio.plan import Plan as EnginePlan
from sampler.models import Change
from sampler.selectors.budgets import BudgetHolder, budget_holders
from sampler.selectors.plans import planning_day
from sampler.selectors.portfolios import latest_portfolio
from stratum.core.models import AdAccount, AdSet, Campaign
from stratum.core.money import exponent

A_WEEK = 7


@dataclass(frozen=True)
class Simulated:
    """`holders` are the budgets of what was asked for, from `day` on; money in major units of the account's currency."""

    account: AdAccount
    name: str
    holders: Sequence[Responding]
    drift: float
    day: date

    @property
    def base(self) -> float:
        return sum(holder.budget for holder in self.holders)


class NothingToSimulate(Exception):
    """No budget of it may move, or the engine has not learnt anything yet."""


def responding(account: AdAccount, campaign: Campaign | None, *, base: float | None, now: datetime) -> Simulated:
    """The budgets of a campaign, or of the whole account, with the curves that are believed; `base` scales them to another daily total.

    NothingToSimulate says why there is nothing to look at.
    """
    day = planning_day(account, now)
    known = latest_portfolio(account)
    if known is None or day is None:
        raise NothingToSimulate(f"{account.name} has not been learnt from yet: the loop has to turn once.")
    holders = [holder for holder in budget_holders(account, day=day) if campaign is None or _inside(holder, campaign)]
    if not holders:
        raise NothingToSimulate(f"{campaign.name if campaign else account.name} holds no active daily budget.")
    state, portfolio = known
    minor = 1 / 10 ** exponent(account.currency)
    budgets = np.array([holder.budget for holder in holders]) * minor
    budgets *= 1.0 if base is None else base / budgets.sum()
    return Simulated(
        account=account,
        name=campaign.name if campaign else account.name,
        holders=_responding(account, portfolio, holders, budgets, day),
        drift=state.drift.get(str(account.pk), UNKNOWN),
        day=day,
    )


def _inside(holder: BudgetHolder, campaign: Campaign) -> bool:
    if holder.kind == Change.Target.CAMPAIGN:
        return holder.id == campaign.pk
    return AdSet.objects.filter(pk=holder.id, campaign=campaign).exists()


def _responding(
    account: AdAccount, portfolio: Portfolio, holders: Sequence[BudgetHolder], budgets: np.ndarray, day: date
) -> list[Responding]:
    """A curve as it is on average over the week that begins on `day`."""
    week = [_as_believed(account, portfolio, holders, budgets, day + timedelta(days=n)) for n in range(A_WEEK)]
    expected = np.mean([found.expected for found in week], axis=0)
    first = week[0]
    return [
        Responding(
            name=holder.name,
            budget=float(budgets[i]),
            curve=Curve(
                usual=float(budgets[i]),
                expected=float(expected[i]),
                elasticity=float(first.elasticity[i]),
                deviation=float(np.sqrt(first.stated[i])),
                slope_deviation=float(first.slope_deviation[i]),
            ),
            order_value=float(first.parts.value_per_conversion[i]),
            order_spread=float(first.parts.value_spread[i]),
        )
        for i, holder in enumerate(holders)
    ]


def _as_believed(
    account: AdAccount, portfolio: Portfolio, holders: Sequence[BudgetHolder], budgets: np.ndarray, day: date
) -> EnginePlan:
    """With each budget fixed where it is."""
    rows = AdRows([holder.key for holder in holders], [account.pk] * len(holders), budgets, 0 * budgets, 0 * budgets)
    limits = Limits(step=0.0, floor=0.0, ceiling=None, launch=0.0)
    return portfolio.plan(day.toordinal(), float(budgets.sum()), rows, limits)
