"""What the budget simulator needs to know of a campaign or an account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from sampler.domain import AdRows
from sampler.domain.believed_week import believed_week
from sampler.domain.budget_simulator import Responding
from sampler.domain.drift import UNKNOWN
from sampler.models import Change
from sampler.selectors.budgets import BudgetHolder, budget_holders
from sampler.selectors.plans import planning_day
from sampler.selectors.portfolios import latest_portfolio
from stratum.core.models import AdAccount, AdSet, Campaign
from stratum.core.money import exponent


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
    rows = AdRows([holder.key for holder in holders], [account.pk] * len(holders), budgets, 0 * budgets, 0 * budgets)
    return Simulated(
        account=account,
        name=campaign.name if campaign else account.name,
        holders=believed_week(portfolio, rows, [holder.name for holder in holders], day=day.toordinal()),
        drift=state.drift.get(str(account.pk), UNKNOWN),
        day=day,
    )


def _inside(holder: BudgetHolder, campaign: Campaign) -> bool:
    if holder.kind == Change.Target.CAMPAIGN:
        return holder.id == campaign.pk
    return AdSet.objects.filter(pk=holder.id, campaign=campaign).exists()
