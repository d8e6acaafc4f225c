from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce

from sampler.domain.cards import PlanCard
from sampler.domain.expected_return import Expected
from sampler.models import Change, Plan
from stratum.core.models import AdAccount
from stratum.core.money import to_major


def last_plans() -> list[PlanCard]:
    """The current plan of each account, by account."""
    counted = Change.objects.filter(plan=OuterRef("pk")).values("plan").annotate(n=Count("id")).values("n")
    rows = (
        Plan.objects.filter(status=Plan.Status.CURRENT)
        .select_related("account")
        .defer("inputs")
        .annotate(changes=Coalesce(Subquery(counted), 0))
    )
    return [_card(row) for row in rows.order_by("account_id", "-created_at", "-id").distinct("account_id")]


def last_plan_at(account: AdAccount) -> datetime | None:
    return Plan.objects.filter(account=account).aggregate(at=Max("created_at"))["at"]


def _card(row: Plan) -> PlanCard:
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
        changes=row.changes,
    )
