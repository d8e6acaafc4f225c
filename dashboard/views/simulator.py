from __future__ import annotations

from dataclasses import dataclass
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
from sampler.actions.propose_plan import propose_plan
from sampler.domain.best_split import best_split
from sampler.domain.budget_simulator import Outcome, draw_runs, outcome
from sampler.domain.spending_less import in_words, spending_less
from sampler.selectors import limits_of, planning_day, why_nothing_may_move
from sampler.selectors.simulations import NothingToSimulate, Simulated, responding
from stratum.core.clock import now
from stratum.core.models import AdAccount, Campaign
from stratum.core.money import to_major, to_minor
from stratum.core.permissions import DECIDE, may
from stratum.platforms.delivery import CANNOT_SPEND

PERCENTS = (-40, -30, -20, -10, 0, 10, 20, 30, 40)
HORIZONS = (7, 14, 30, 60)
RUNS = 1000


@dataclass(frozen=True)
class Row:
    """A scenario: the daily total in major units, as shares stand and as best split."""

    percent: int
    total: Decimal
    as_is: Outcome
    best: Outcome


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
        found = responding(account, campaign, base=None, now=now())
    except NothingToSimulate as problem:
        return shown(request, "simulator.html", **told, nothing=str(problem))
    rows = _rows(found, days)
    here = next(row for row in rows if row.percent == 0)
    chart = simulator_chart([(float(row.total), row.as_is) for row in rows], account.currency, days)
    rules = limits_of(account)
    floor = float(to_major(rules.floor, account.currency))
    less = spending_less(
        [holder.curve for holder in found.holders],
        [holder.budget for holder in found.holders],
        floor=floor,
        least_return=rules.least_return,
    )
    told |= {"spending_less": in_words(less, account.currency)}
    split = [(holder, after) for holder, after in zip(found.holders, here.best.budgets, strict=True)]
    return shown(request, "simulator.html", **told, found=found, rows=rows, here=here, chart=chart, split=split)


def _days(request: HttpRequest) -> int:
    days = request.GET.get("days", "30")
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


def _rows(found: Simulated, days: int) -> list[Row]:
    runs = draw_runs(found.holders, days=days, runs=RUNS, drift=found.drift, seed=found.day.toordinal())
    rows = []
    for percent in PERCENTS:
        factor = 1 + percent / 100
        as_is = outcome(found.holders, runs, [holder.budget * factor for holder in found.holders])
        best = outcome(found.holders, runs, best_split(found.holders, found.base * factor))
        rows.append(Row(percent, Decimal(str(round(found.base * factor, 6))), as_is, best))
    return rows


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
    try:
        base = responding(account, None, base=None, now=now()).base
    except NothingToSimulate as problem:
        messages.error(request, str(problem))
        return redirect("simulator")
    total = to_minor(Decimal(str(round(base * (1 + percent / 100), 6))), account.currency)
    plan = propose_plan(account, day=day, now=now(), seed=day.toordinal(), total=total)
    if plan is None:
        why = why_nothing_may_move(account, day=day)
        messages.error(request, f"No budget of {account.name} may move now: {why}.")
        return redirect("simulator")
    went = inspect_changes(account, now=now())
    told = ", ".join(f"{count} {status}" for status, count in sorted(went.items())) or "no change"
    messages.success(request, f"Proposed: {plan.basis} {told}.")
    return redirect("decisions")
