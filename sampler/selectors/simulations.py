"""What the budget simulator needs to know of a campaign or an account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sampler.domain.believed_week import DAYS, believed_week
from sampler.domain.budget_simulator import Responding
from sampler.models import Change, Plan
from sampler.selectors.budgets import BudgetHolder
from sampler.selectors.forecasts import Forecast, forecast_of, learnt_of
from sampler.selectors.plans import planning_day
from sampler.selectors.questions import Question, asked
from stratum.core.models import AdAccount, AdSet, Campaign


@dataclass(frozen=True)
class Simulated:
    """`forecast` is that of the plan for `day`; `holders` are its budgets as they answer from `day` on. Money in major units."""

    account: AdAccount
    name: str
    forecast: Forecast
    holders: Sequence[Responding]
    question: Question | None
    """What a plan made now would split; None where no budget may move."""
    seed: int
    """Of the current plan, so that the same draws give the same split."""

    @property
    def day(self) -> date:
        return self.forecast.day

    @property
    def drift(self) -> float:
        return self.forecast.learnt.drift

    @property
    def base(self) -> float:
        return sum(holder.budget for holder in self.holders)


class NothingToSimulate(Exception):
    """No budget of it may move, or the engine has not learnt anything yet."""


def responding(
    account: AdAccount, campaign: Campaign | None, *, base: float | None, now: datetime, days: int = DAYS
) -> Simulated:
    """The budgets of a campaign, or of the whole account, with the curves that are believed; `base` scales them to another daily total.

    NothingToSimulate says why there is nothing to look at.
    """
    day = planning_day(account, now)
    known = learnt_of(account, day) if day else None
    if known is None or day is None:
        raise NothingToSimulate(f"{account.name} has not been learnt from yet: the loop has to turn once.")
    forecast, question = forecast_of(account, day, known), asked(account, day=day, now=now)
    if campaign:
        forecast, question = _of_campaign(forecast, campaign), _question_of_campaign(question, campaign)
    if not forecast.holders:
        raise NothingToSimulate(f"{campaign.name if campaign else account.name} holds no active daily budget.")
    scale = 1.0 if base is None else base / sum(forecast.budgets)
    rows = forecast.rows([budget * scale for budget in forecast.budgets])
    names = [holder.name for holder in forecast.holders]
    plan = Plan.objects.filter(account=account, day=day, status=Plan.Status.CURRENT).only("seed")
    latest = plan.order_by("-created_at", "-id").first()
    return Simulated(
        account=account,
        name=campaign.name if campaign else account.name,
        forecast=forecast,
        holders=believed_week(known.portfolio, rows, names, day=day.toordinal(), days=min(days, DAYS)),
        question=question,
        seed=latest.seed if latest else day.toordinal(),
    )


def _of_campaign(forecast: Forecast, campaign: Campaign) -> Forecast:
    inside = [
        (holder, boost)
        for holder, boost in zip(forecast.holders, forecast.log_boost, strict=True)
        if _inside(holder, campaign)
    ]
    return replace(forecast, holders=[one for one, _ in inside], log_boost=[boost for _, boost in inside])


def _question_of_campaign(question: Question | None, campaign: Campaign) -> Question | None:
    """Of a campaign's budgets alone, at what they have today."""
    kept = [n for n, holder in enumerate(question.holders) if _inside(holder, campaign)] if question else []
    if question is None or not kept:
        return None
    holders = [question.holders[n] for n in kept]
    return replace(
        question,
        holders=holders,
        bounds=[question.bounds[n] for n in kept],
        left=[left for left in question.left if _inside(left.holder, campaign)],
        total=sum(holder.budget for holder in holders),
    )


def _inside(holder: BudgetHolder, campaign: Campaign) -> bool:
    if holder.kind == Change.Target.CAMPAIGN:
        return holder.id == campaign.pk
    return AdSet.objects.filter(pk=holder.id, campaign=campaign).exists()
