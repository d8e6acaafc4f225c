"""What young clicks are yet to earn: the learnt share of their revenue that is booked by their age, and ROAS by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import numpy as np
from django.db import connection

from attribution.domain.maturity import LONGEST, TOO_YOUNG, Maturity, learn_maturity
from attribution.selectors.roas import Basis, DayFigures
from stratum.core.models import Workspace
from stratum.core.periods import local_day
from stratum.core.tenancy import current_workspace_id

LEARN_FROM = timedelta(days=365)
BOOKINGS = """
    SELECT (click_date - date '0001-01-01') + 1, booked_date - click_date, sum(amount)::float8 FROM attribution_ledgerentry
    WHERE workspace_id = %(workspace)s AND ad_id IS NOT NULL AND click_date BETWEEN %(since)s AND %(until)s AND booked_date <= %(until)s
      AND booked_date - click_date BETWEEN 0 AND %(longest)s
    GROUP BY click_date, booked_date
"""


@dataclass(frozen=True)
class MaturityCurve:
    """`learnt` by age in days; `until` is the last full day that it was learnt from."""

    learnt: Maturity
    since: date
    until: date

    @property
    def by_age(self) -> list[tuple[int, float, int]]:
        """Age, share booked, and what it was learnt from: minor units that older clicks had earned by that age."""
        shares, observed = self.learnt.share.tolist(), self.learnt.observed.tolist()
        return [(age, share, round(seen)) for age, (share, seen) in enumerate(zip(shares, observed, strict=True))]

    def share_of(self, day: date) -> float:
        """The part of what clicks of a day will earn that is booked by now."""
        return float(self.learnt.at(np.array([(self.until - day).days]))[0])


@dataclass(frozen=True)
class MaturedReturn:
    """Revenue as it will be once it is all booked, ÷ spend, over the days that are old enough to say."""

    roas: Decimal | None
    spend_share: float | None
    """Spend of those days, of all spend of the period."""


def maturity(*, now: datetime) -> MaturityCurve | None:
    """Learnt once an hour from credited revenue of the last year's clicks; None where there is too little to learn from.

    Deals that an ad is credited for count; the modelled part is taken to ripen like them.
    """
    workspace = Workspace.objects.get(pk=current_workspace_id())
    if workspace.revenue_source != Workspace.RevenueSource.CRM:
        return None
    until = local_day(now, workspace.timezone) - timedelta(days=1)
    return _learnt(workspace.pk, until, now.replace(minute=0, second=0, microsecond=0))


@lru_cache(maxsize=64)
def _learnt(workspace: int, until: date, hour: datetime) -> MaturityCurve | None:
    values = {"workspace": workspace, "since": until - LEARN_FROM, "until": until, "longest": LONGEST}
    with connection.cursor() as cursor:
        cursor.execute(BOOKINGS, values)
        rows = cursor.fetchall()
    if not rows:
        return None
    day, age, amount = (np.array(column) for column in zip(*rows, strict=True))
    learnt = learn_maturity(day, age, amount, until.toordinal())
    return MaturityCurve(learnt, date.fromordinal(int(day.min())), until) if learnt else None


def matured_revenue(day: DayFigures, curve: MaturityCurve | None) -> Decimal | None:
    """What the clicks of a day earn once all of it is booked; None where too little of it is."""
    share = curve.share_of(day.day) if curve else 0.0
    return None if share < TOO_YOUNG else day.figures.revenue / Decimal(share)


def matured_roas(day: DayFigures, curve: MaturityCurve | None) -> Decimal | None:
    revenue = matured_revenue(day, curve)
    return revenue / day.figures.spend if revenue is not None and day.figures.spend else None


def matured_return(days: Sequence[DayFigures], curve: MaturityCurve | None, basis: Basis) -> MaturedReturn:
    """Over the days of a period, on the accrual basis: only there a day's revenue belongs to its spend."""
    told = [(day.figures.spend, matured_revenue(day, curve)) for day in days] if basis is Basis.ACCRUAL else []
    counted = sum((spend for spend, revenue in told if revenue is not None), Decimal(0))
    if not counted:
        return MaturedReturn(None, None)
    earned = sum((revenue for _, revenue in told if revenue is not None), Decimal(0))
    every = sum((spend for spend, _ in told), Decimal(0))
    return MaturedReturn(earned / counted, float(counted / every))
