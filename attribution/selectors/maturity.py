"""What young clicks are yet to earn: the learnt share of their revenue that is booked by their age, and ROAS by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection

from attribution.domain.maturity import TOO_YOUNG, CreditedLeads, Maturity, learn_maturity
from attribution.selectors.roas import Basis, DayFigures
from stratum.core.models import Workspace
from stratum.core.periods import local_day
from stratum.core.tenancy import current_workspace_id

LEARN_FROM = timedelta(days=180)
# The lead's day in the timezone that the day of the click was told in.
LEADS = """
    SELECT (click_date - date '0001-01-01') + 1, lead_date - click_date, sum(booked)::float8, sum(credit * chance) FILTER (WHERE amount IS NULL),
           sum(credit * amount), sum(credit) FILTER (WHERE amount IS NOT NULL) FROM (
        SELECT entry.click_date, entry.amount AS booked, entry.credit::float8 AS credit, deal.amount,
               CASE WHEN removed_at IS NOT NULL THEN 0 WHEN is_closed THEN is_won::int ELSE coalesce(probability, 0) END::float8 AS chance,
               (deal.created_at AT TIME ZONE account.timezone)::date AS lead_date
        FROM attribution_ledgerentry entry JOIN attribution_deal deal ON deal.id = entry.deal_id
        JOIN core_ad ad ON ad.id = entry.ad_id JOIN core_adaccount account ON account.id = ad.account_id
        WHERE entry.workspace_id = %(workspace)s AND entry.click_date BETWEEN %(since)s AND %(until)s
    ) AS line GROUP BY click_date, lead_date
"""


@dataclass(frozen=True)
class AgeShares:
    age: int
    came: float
    """Of what clicks earn, what the leads are worth that came by that age."""
    booked: float
    """Of what clicks earn, what is booked by that age."""
    learnt_from: int
    """Minor units: what the leads are worth that older clicks had brought by that age."""


@dataclass(frozen=True)
class MaturityCurve:
    """`learnt` by age in days; `until` is the last full day that it was learnt from."""

    learnt: Maturity
    since: date
    until: date
    into_today: float
    """The part of the day after `until` that has passed: its leads are booked already."""

    @property
    def by_age(self) -> list[AgeShares]:
        came, observed = self.learnt.came.tolist(), self.learnt.observed.tolist()
        booked = self.learnt.share[: len(came)].tolist()
        return [
            AgeShares(age, *shares) for age, shares in enumerate(zip(came, booked, map(round, observed), strict=True))
        ]

    def share_of(self, day: date) -> float:
        """The part of what clicks of a day will earn that is booked by now."""
        return float(self.learnt.at(np.array([(self.until - day).days + self.into_today]))[0])


@dataclass(frozen=True)
class MaturedReturn:
    """Revenue as it will be once it is all booked, ÷ spend, over the days that are old enough to say."""

    roas: Decimal | None
    spend_share: float | None
    """Spend of those days, of all spend of the period."""


def maturity(*, now: datetime) -> MaturityCurve | None:
    """Learnt once an hour from what clicks of the last half year are credited with; None where there is too little to learn from.

    Deals that an ad is credited for count, by the day of their lead, and those without an amount as if
    they had the mean one; the modelled part is taken to ripen like them.
    """
    workspace = Workspace.objects.get(pk=current_workspace_id())
    if workspace.revenue_source != Workspace.RevenueSource.CRM:
        return None
    until = local_day(now, workspace.timezone) - timedelta(days=1)
    return _learnt(workspace.pk, workspace.timezone, until, now.replace(minute=0, second=0, microsecond=0))


@lru_cache(maxsize=64)
def _learnt(workspace: int, timezone: str, until: date, hour: datetime) -> MaturityCurve | None:
    with connection.cursor() as cursor:
        cursor.execute(LEADS, {"workspace": workspace, "since": until - LEARN_FROM, "until": until})
        rows = cursor.fetchall()
    if not rows:
        return None
    day, age, booked, open_credit, priced, credit = (np.nan_to_num(column) for column in np.array(rows, dtype=float).T)
    mean = priced.sum() / credit.sum() if credit.sum() else 0.0
    leads = CreditedLeads(day.astype(int), age.astype(int), booked, open_credit * mean)
    learnt = learn_maturity(leads, until.toordinal())
    into_today = hour.astimezone(ZoneInfo(timezone)).hour / 24
    return MaturityCurve(learnt, date.fromordinal(int(day.min())), until, into_today) if learnt else None


def matured_revenue(day: DayFigures, curve: MaturityCurve | None) -> Decimal | None:
    """What the clicks of a day earn once it is all booked; None where too little of it is."""
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


def matured_times(days: Sequence[DayFigures], curve: MaturityCurve | None) -> Decimal | None:
    """How many times what is booked the days will have earned; None where a day with revenue is too young to say, or nothing is booked."""
    told = [(day.figures.revenue, matured_revenue(day, curve)) for day in days if day.figures.revenue > 0]
    booked = sum((revenue for revenue, _ in told), Decimal(0))
    if not booked or any(matured is None for _, matured in told):
        return None
    return sum((matured for _, matured in told if matured), Decimal(0)) / booked
