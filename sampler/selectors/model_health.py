from __future__ import annotations

from datetime import date, datetime, timedelta

from attribution.selectors import leads_by_day_at_this_hour, maturity, trend
from sampler.domain.model_health import Day, gone_silent, out_of_touch
from sampler.models import Plan
from sampler.selectors.plans import planning_day
from stratum.core.models import AdAccount, Workspace
from stratum.core.periods import Period, local_day

SILENT_HOURS, USUAL_DAYS = 6, 14
JUDGED_DAYS = 28
RIPE = 0.5
"""Days of which less is booked yet say too little of what they will have earned."""


def doubts_of(account: AdAccount, *, now: datetime) -> tuple[str, ...]:
    """Why what the engine believes of the account should not move budgets now; empty where nothing speaks against it."""
    is_file = account.platform == AdAccount.Platform.IMPORT
    from_crm = account.workspace.revenue_source == Workspace.RevenueSource.CRM
    silence = _silence(now) if from_crm and not is_file else ""
    last = planning_day(account, now) if is_file else local_day(now, account.timezone) - timedelta(days=1)
    touch = out_of_touch(_past(account, last, now, from_crm=from_crm)) if last else ""
    return tuple(doubt for doubt in (silence, touch) if doubt)


def _silence(now: datetime) -> str:
    came, *usual = leads_by_day_at_this_hour(now, hours=SILENT_HOURS, days=1 + USUAL_DAYS)
    return gone_silent(came, usual, hours=SILENT_HOURS)


def _past(account: AdAccount, last: date, now: datetime, *, from_crm: bool) -> list[Day]:
    """What the last plan for each past day had stated, and what came; of the CRM's days what they will have earned.

    A plan that left budgets out states nothing of the account as a whole.
    """
    period = Period.last(JUDGED_DAYS, end=last)
    plans = Plan.objects.filter(account=account, day__range=(period.start, period.end), low__gt=0, is_whole=True)
    stated = {day: told for day, *told in plans.order_by("id").values_list("day", "expected", "low", "high")}
    curve = maturity(now=now) if from_crm and stated else None
    if not stated or (from_crm and curve is None):
        return []
    past = []
    for one in trend(period, account=account.pk):
        share = curve.share_of(one.day) if curve else 1.0
        if one.day in stated and one.figures.spend > 0 and share >= RIPE:
            seen = float(one.figures.revenue) / float(one.figures.spend) / share
            past.append(Day(*stated[one.day], seen))
    return past
