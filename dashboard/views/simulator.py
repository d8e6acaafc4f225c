from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from dashboard.simulator_chart import simulator_chart
from dashboard.views.page import page, shown
from sampler.actions.inspect_changes import inspect_changes
from sampler.actions.preview_split import SplitPreview, preview_split
from sampler.actions.propose_plan import propose_plan
from sampler.domain.budget_simulator import Outcome, Runs, draw_runs, outcome
from sampler.domain.curve_reasons import Curve
from sampler.domain.expected_return import Expected
from sampler.domain.spending_less import in_words, spending_less
from sampler.selectors import limits_of, planning_day, why_nothing_may_move
from sampler.selectors.forecasts import return_of
from sampler.selectors.simulations import NothingToSimulate, Simulated, responding
from stratum.core.clock import now
from stratum.core.models import AdAccount, Campaign
from stratum.core.money import exponent, to_major
from stratum.core.permissions import DECIDE, may
from stratum.platforms.delivery import CANNOT_SPEND

PERCENTS = (-40, -30, -20, -10, 0, 10, 20, 30, 40)
ONE_DAY = 1
HORIZONS = (ONE_DAY, 7, 14, 30, 60)
RUNS = 1000
FOUR_IN_FIVE = (10.0, 90.0)


@dataclass(frozen=True)
class Row:
    """A scenario: the daily total in major units, every budget scaled alike, and as a plan would split it.

    `planned` is None where the limits allow no such split; `forbidden` says why the scenario cannot be proposed.
    """

    percent: int
    total: Decimal
    as_is: Outcome
    planned: Outcome | None
    forbidden: str


@dataclass(frozen=True)
class BudgetRow:
    """One budget today and in the plan's split, with the return expected on the plan's day; `held`: the limit that it is at."""

    name: str
    before: float
    after: float
    today: Expected
    then: Expected
    elasticity: Curve
    held: str


@page
def simulator(request: HttpRequest) -> HttpResponse:
    """What other budgets would bring; a row can be proposed as a plan."""
    accounts = AdAccount.objects.select_related("workspace").order_by("id")
    account = accounts.filter(pk=request.query.account).first() if request.query.account else accounts.first()
    days = _days(request)
    told: dict[str, Any] = {"account": account, "days": days, "horizons": HORIZONS, "fixed_basis": True}
    if account is None:
        return shown(request, "simulator.html", **told, nothing="There is no ad account yet.")
    campaign = _campaign(request, account)
    told |= {"campaign": campaign, "campaigns": _campaigns(account)}
    try:
        found = responding(account, campaign, base=None, now=now(), days=days)
    except NothingToSimulate as problem:
        return shown(request, "simulator.html", **told, nothing=str(problem))
    at = now()
    previews = {percent: _preview(found, percent, at) for percent in PERCENTS}
    rows = _rows(found, days, previews)
    here = next(row for row in rows if row.percent == 0)
    chart = simulator_chart([(float(row.total), row.as_is) for row in rows], account.currency, days)
    rules = limits_of(account)
    floor = float(to_major(rules.floor, account.currency))
    forecast = found.forecast
    less = spending_less(forecast.curves, forecast.budgets, floor=floor, least_return=rules.least_return)
    told |= {"spending_less": in_words(less, account.currency), "standing": forecast.standing}
    told |= {"weekday": forecast.weekday, "split": _split(found, previews[0]), "planned": _planned(found, previews[0])}
    return shown(request, "simulator.html", **told, found=found, rows=rows, here=here, chart=chart)


def _preview(found: Simulated, percent: int, at: datetime) -> SplitPreview:
    """At no change it is the total that the next plan would have; see `standing_total`."""
    budgets = sum(holder.budget for holder in found.forecast.holders)
    total = None if percent == 0 else round(budgets * (1 + percent / 100))
    return preview_split(found.question, found.forecast.learnt, total=total, seed=found.seed, now=at)


def _major(found: Simulated, preview: SplitPreview) -> list[float]:
    """Budgets of a preview in the holders' order, major units; those that it does not name stay."""
    minor = 10 ** exponent(found.account.currency)
    return [preview.budgets.get(holder.key, holder.budget) / minor for holder in found.forecast.holders]


def _planned(found: Simulated, preview: SplitPreview) -> Expected | None:
    return found.forecast.at(_major(found, preview)) if preview.budgets else None


def _split(found: Simulated, preview: SplitPreview) -> list[BudgetRow]:
    forecast, drift = found.forecast, found.drift
    told = zip(forecast.holders, forecast.budgets, _major(found, preview), forecast.curves, strict=True)
    return [
        BudgetRow(
            name=holder.name,
            before=before,
            after=after,
            today=return_of(curve, before, drift),
            then=return_of(curve, after, drift),
            elasticity=curve,
            held=preview.held.get(holder.key, ""),
        )
        for holder, before, after, curve in told
    ]


def _days(request: HttpRequest) -> int:
    days = request.GET.get("days", str(ONE_DAY))
    if days not in map(str, HORIZONS):
        raise Http404
    return int(days)


def _campaign(request: HttpRequest, account: AdAccount) -> Campaign | None:
    asked = request.GET.get("campaign", "")
    if not asked:
        return None
    if not asked.isascii() or not asked.isdigit() or len(asked) > 18:
        raise Http404
    return get_object_or_404(Campaign, pk=int(asked), account=account)


def _campaigns(account: AdAccount) -> list[Campaign]:
    return list(Campaign.objects.filter(account=account).exclude(status__in=CANNOT_SPEND).order_by("name", "id"))


def _rows(found: Simulated, days: int, previews: Mapping[int, SplitPreview]) -> list[Row]:
    runs = draw_runs(found.holders, days=days, runs=RUNS, drift=found.drift, seed=found.day.toordinal())
    rows = []
    for percent, preview in previews.items():
        factor = 1 + percent / 100
        as_is = _outcome(found, runs, [holder.budget * factor for holder in found.holders])
        planned = _outcome(found, runs, _major(found, preview)) if preview.budgets else None
        rows.append(Row(percent, Decimal(str(round(found.base * factor, 6))), as_is, planned, preview.forbidden))
    return rows


def _outcome(found: Simulated, runs: Runs, budgets: list[float]) -> Outcome:
    """Over the horizon. Of one day, revenue and interval are the forecast's, as the plan states them."""
    simulated = outcome(found.holders, runs, budgets, interval=FOUR_IN_FIVE)
    if runs.days > ONE_DAY:
        return simulated
    day, spend = found.forecast.at(budgets), simulated.spend
    return replace(simulated, revenue=day.mean * spend, low=day.low * spend, high=day.high * spend)


@require_POST
@page
def propose(request: HttpRequest) -> HttpResponse:
    """A scenario's total, split by the account's policy inside its limits, as a plan like any other."""
    if not may(request.role, DECIDE):
        raise PermissionDenied
    asked, given = request.POST.get("account", ""), request.POST.get("percent", "")
    if given not in map(str, PERCENTS) or not asked.isdigit() or len(asked) > 18:
        raise Http404
    account = get_object_or_404(AdAccount.objects.select_related("workspace"), pk=int(asked))
    percent = int(given)
    day = planning_day(account, now())
    at = now()
    try:
        found = responding(account, None, base=None, now=at)
    except NothingToSimulate as problem:
        messages.error(request, str(problem))
        return redirect("simulator")
    if forbidden := _preview(found, percent, at).forbidden:
        messages.error(request, f"Not proposed: {forbidden}")
        return redirect("simulator")
    total = None if percent == 0 else round(sum(h.budget for h in found.forecast.holders) * (1 + percent / 100))
    plan = propose_plan(account, day=day, now=at, seed=found.seed, total=total)
    if plan is None:
        why = why_nothing_may_move(account, day=day)
        messages.error(request, f"No budget of {account.name} may move now: {why}.")
        return redirect("simulator")
    went = inspect_changes(account, now=at)
    told = ", ".join(f"{count} {status}" for status, count in sorted(went.items())) or "no change"
    messages.success(request, f"Proposed: {plan.basis} {told}.")
    return redirect("decisions")
