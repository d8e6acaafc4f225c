from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, QuerySet
from django.db.models.fields.json import KT

from sampler.domain import states
from sampler.domain.expected_return import Expected
from sampler.models import Change, Plan
from stratum.core.money import to_major
from stratum.core.paging import newest_first


@dataclass(frozen=True)
class PastPlan:
    """A plan with how many of its changes stand where. `rolls_back`: the plan that it takes back. Money in major units."""

    id: int
    account_id: int
    account_name: str
    day: date
    status: str
    total: Decimal
    currency: str
    expected: Expected
    basis: str
    seed: int
    created_at: datetime
    rolls_back: int | None
    changes: dict[str, int]
    can_be_rolled_back: bool


def recent_plans(*, account_id: int | None = None, limit: int = 50, after: int | None = None) -> list[PastPlan]:
    """The newest plans first; `after`: those that come after this plan."""
    rows = Plan.objects.all() if account_id is None else Plan.objects.filter(account_id=account_id)
    return _past(newest_first(_light(rows), limit=limit, after=after))


def past_plan(plan_id: int) -> PastPlan:
    """Plan.DoesNotExist when this workspace has no such plan."""
    return _past([_light(Plan.objects.all()).get(pk=plan_id)])[0]


def plans_in_force() -> set[int]:
    """Plans of which at least one change took effect and was not taken back."""
    return set(Change.objects.filter(status=states.APPLIED, plan__isnull=False).values_list("plan_id", flat=True))


def _light(rows: QuerySet[Plan]) -> QuerySet[Plan]:
    return rows.select_related("account").annotate(rolled=KT("inputs__rolls_back")).defer("inputs")


def _past(rows: list[Plan]) -> list[PastPlan]:
    counts: defaultdict[int, dict[str, int]] = defaultdict(dict)
    counted = Change.objects.filter(plan__in=rows).values_list("plan_id", "status").annotate(Count("id"))
    for plan, status, count in counted.order_by("plan_id", "status"):
        counts[plan][status] = count
    return [
        PastPlan(
            id=row.pk,
            account_id=row.account_id,
            account_name=row.account.name,
            day=row.day,
            status=row.status,
            total=to_major(row.total, row.currency),
            currency=row.currency,
            expected=Expected(row.expected, row.low, row.high),
            basis=row.basis,
            seed=row.seed,
            created_at=row.created_at,
            rolls_back=int(row.rolled) if row.rolled else None,
            changes=counts[row.pk],
            can_be_rolled_back=bool(counts[row.pk].get(states.APPLIED)),
        )
        for row in rows
    ]
