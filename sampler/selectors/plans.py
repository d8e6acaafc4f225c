from __future__ import annotations

from datetime import date, datetime

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Coalesce

from sampler.domain.cards import PlanCard
from sampler.domain.expected_return import Expected
from sampler.models import Change, Plan
from stratum.core.models import AdAccount, AdDay
from stratum.core.money import to_major
from stratum.core.paging import newest_first
from stratum.core.periods import local_day


def last_plans() -> list[PlanCard]:
    """The current plan of each account, by account."""
    rows = _counted(Plan.objects.filter(status=Plan.Status.CURRENT))
    return [_card(row) for row in rows.order_by("account_id", "-created_at", "-id").distinct("account_id")]


def plan_cards(account: AdAccount, *, limit: int, after: int | None = None) -> list[PlanCard]:
    """The account's plans, the newest first; `after`: those that come after this plan."""
    rows = _counted(Plan.objects.filter(account=account))
    return [_card(row) for row in newest_first(rows, limit=limit, after=after)]


def _counted(rows: QuerySet[Plan]) -> QuerySet[Plan]:
    counted = Change.objects.filter(plan=OuterRef("pk")).values("plan").annotate(n=Count("id")).values("n")
    return (
        rows.select_related("account")
        .defer("inputs")
        .annotate(changes=Coalesce(Subquery(counted), 0), forecast=KeyTransform("forecast", "inputs"))
    )


def planning_day(account: AdAccount, now: datetime, until: date | None = None) -> date | None:
    """The day that a plan made now is for: today, or the last day with figures of an account from a file. None without any."""
    if account.platform != AdAccount.Platform.IMPORT:
        return until or local_day(now, account.timezone)
    days = AdDay.objects.filter(ad__account=account)
    return (days.filter(day__lte=until) if until else days).aggregate(latest=Max("day"))["latest"]


def last_plan_at(account: AdAccount) -> datetime | None:
    return Plan.objects.filter(account=account).aggregate(at=Max("created_at"))["at"]


def _card(row: Plan) -> PlanCard:
    forecast = row.forecast or {}
    standing = forecast.get("standing")
    return PlanCard(
        id=row.pk,
        account_id=row.account_id,
        account_name=row.account.name,
        day=row.day,
        total=to_major(row.total, row.currency),
        currency=row.currency,
        expected=Expected(row.expected, row.low, row.high),
        basis=row.basis,
        seed=row.seed,
        created_at=row.created_at,
        performance_at=row.performance_at,
        revenue_at=row.revenue_at,
        policy=row.policy,
        portfolio=row.portfolio,
        inputs_hash=row.inputs_hash,
        changes=row.changes,
        budget=to_major(forecast.get("budget", row.total), row.currency),
        standing=Expected(**standing) if standing else None,
        weekday=forecast.get("weekday", 1.0),
    )
