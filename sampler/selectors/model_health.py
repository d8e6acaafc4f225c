from __future__ import annotations

from datetime import datetime, timedelta

from attribution.selectors import leads_by_day_at_this_hour, maturity, trend
from sampler.domain.model_health import gone_silent, out_of_touch
from sampler.models import Plan
from stratum.core.models import AdAccount, Workspace
from stratum.core.periods import Period, local_day

SILENT_HOURS, USUAL_DAYS = 6, 14
JUDGED_DAYS = 28
RIPE = 0.5
"""Days of which less is booked yet say too little of what they will have earned."""


def doubts_of(account: AdAccount, *, now: datetime) -> tuple[str, ...]:
    """Why what the engine believes of the account should not move budgets now; empty where nothing speaks against it."""
    if account.platform == AdAccount.Platform.IMPORT:
        return ()
    from_crm = account.workspace.revenue_source == Workspace.RevenueSource.CRM
    silence = _silence(now) if from_crm else ""
    return tuple(doubt for doubt in (silence, out_of_touch(_held(account, now, from_crm=from_crm))) if doubt)


def _silence(now: datetime) -> str:
    came, *usual = leads_by_day_at_this_hour(now, hours=SILENT_HOURS, days=1 + USUAL_DAYS)
    return gone_silent(came, usual, hours=SILENT_HOURS)


def _held(account: AdAccount, now: datetime, *, from_crm: bool) -> list[bool]:
    """Whether each past day's return lay inside what the last plan for that day had stated; of the CRM's days what they will have earned.

    A plan that left budgets out states nothing of the account as a whole.
    """
    yesterday = local_day(now, account.timezone) - timedelta(days=1)
    period = Period.last(JUDGED_DAYS, end=yesterday)
    plans = Plan.objects.filter(account=account, day__range=(period.start, period.end), low__gt=0, is_whole=True)
    stated = {day: (low, high) for day, low, high in plans.order_by("id").values_list("day", "low", "high")}
    curve = maturity(now=now) if from_crm and stated else None
    if not stated or (from_crm and curve is None):
        return []
    held = []
    for one in trend(period, account=account.pk):
        share = curve.share_of(one.day) if curve else 1.0
        if one.day in stated and one.figures.spend > 0 and share >= RIPE:
            low, high = stated[one.day]
            held.append(low <= float(one.figures.revenue) / float(one.figures.spend) / share <= high)
    return held
