"""Revenue one lead at a time: what each lead brought to each ad that is credited for it."""

from __future__ import annotations

from datetime import date

import numpy as np
from django.db import connection

from attribution.domain.outcomes import AdDayOutcomes, RevenueEvents
from stratum.core.models import Workspace
from stratum.core.money import exponent
from stratum.core.periods import Period
from stratum.core.tenancy import current_workspace_id

# A lead counts on its own day, worth what stands today: later moves of its value are no news about how long leads take. One that
# has no amount yet is worth the mean amount times its chance, or young ads would look poorer than they are. A lost one stays a lead.
EVENTS = """
    WITH credited AS (
        SELECT entry.ad_id, entry.deal_id, entry.click_date, sum(entry.amount)::float8 AS booked, sum(entry.credit)::float8 AS credit
        FROM attribution_ledgerentry entry
        WHERE entry.workspace_id = %(workspace)s AND entry.ad_id IS NOT NULL AND entry.click_date BETWEEN %(start)s AND %(end)s
        GROUP BY 1, 2, 3 HAVING sum(entry.credit) > 0
    )
    SELECT credited.ad_id, (click_date - date '0001-01-01') + 1,
           (greatest((deal.created_at AT TIME ZONE account.timezone)::date, click_date) - date '0001-01-01') + 1,
           booked / %(unit)s, credit, deal.amount / %(unit)s::float8,
           CASE WHEN deal.is_closed THEN deal.is_won::int ELSE deal.probability END::float8
    FROM credited JOIN attribution_deal deal ON deal.id = credited.deal_id
    JOIN core_ad ad ON ad.id = credited.ad_id
    JOIN core_adaccount account ON account.id = ad.account_id AND account.currency = %(currency)s
    WHERE (deal.created_at AT TIME ZONE account.timezone)::date <= %(end)s AND deal.removed_at IS NULL
    ORDER BY credited.ad_id, click_date, credited.deal_id
"""
MODELLED = """
    SELECT coalesce(sum(amount), 0)::float8 / %(unit)s FROM attribution_modelledentry
    WHERE workspace_id = %(workspace)s AND basis = 'accrual' AND day BETWEEN %(start)s AND %(end)s
"""


def revenue_events(outcomes: AdDayOutcomes, period: Period) -> RevenueEvents:
    """The period's clicks and what came of them by its end, from the workspace's revenue source, in major units of its currency.

    Where the platform's own conversion value counts, a day's conversions share its value. The modelled part, which belongs to no
    lead, raises every lead's worth alike.
    """
    workspace = Workspace.objects.get(pk=current_workspace_id())
    if workspace.revenue_source != Workspace.RevenueSource.CRM:
        return _of_platform(outcomes)
    return _of_deals(workspace, period.start, period.end)


def _of_platform(outcomes: AdDayOutcomes) -> RevenueEvents:
    count = np.where(outcomes.revenue > 0, np.maximum(np.rint(outcomes.conversions), 1), 0).astype(np.int64)
    value = outcomes.revenue / np.maximum(count, 1)
    days = outcomes.day.repeat(count)
    each = value.repeat(count)
    return RevenueEvents(outcomes.ad_id.repeat(count), days, days, each, 0 * each)


def _of_deals(workspace: Workspace, start: date, end: date) -> RevenueEvents:
    values = {"workspace": workspace.pk, "start": start, "end": end, "currency": workspace.currency}
    values |= {"unit": 10 ** exponent(workspace.currency)}
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, values)
        rows = np.array(cursor.fetchall(), dtype=float).reshape(-1, 7)
        cursor.execute(MODELLED, values)
        modelled = cursor.fetchone()[0]
    ad_id, click_day, lead_day, booked, credit, amount, chance = rows.T
    told = ~np.isnan(amount) & ~np.isnan(chance)
    chance = np.where(np.isnan(chance), np.average(chance[told], weights=credit[told]) if told.any() else 0.0, chance)
    mean = booked[told].sum() / max(float((credit * np.maximum(chance, 0.01))[told].sum()), 1e-9) if told.any() else 0.0
    value = credit * np.where(np.isnan(amount), mean, amount)
    worth = np.where(told, booked, value * chance)
    attributed = float(worth.sum())
    uplift = 1 + modelled / attributed if attributed > 0 and modelled > 0 else 1.0
    has = value > 0
    ids = (column[has].astype(np.int64) for column in (ad_id, click_day, lead_day))
    return RevenueEvents(*ids, value[has] * uplift, np.clip(value - worth, 0.0, value)[has] * uplift)
