from __future__ import annotations

from datetime import date, datetime

import numpy as np
from django.db import connection
from django.db.models import Max, Min

from attribution.domain.outcomes import AdDayOutcomes
from attribution.models import DealRefresh, InboxDelivery, LedgerEntry
from stratum.core.clock import as_shown
from stratum.core.models import AdDay, Workspace
from stratum.core.money import exponent
from stratum.core.periods import Period
from stratum.core.tenancy import current_workspace_id

OUTCOMES = """
    WITH actual AS (
        SELECT day, ad_id, spend::float8, impressions, clicks, coalesce(impressions::float8 / nullif(reach, 0), frequency) AS frequency,
               coalesce(conversions, 0)::float8 AS reported, coalesce(conversion_value, 0)::float8 AS reported_value
        FROM core_adday WHERE workspace_id = %(workspace)s AND day BETWEEN %(start)s AND %(end)s
    ), earned AS (
        SELECT day, ad_id, sum(amount)::float8 / %(unit)s AS revenue, sum(deals)::float8 AS deals FROM (
            SELECT click_date AS day, ad_id, entry.amount, CASE WHEN removed_at IS NULL THEN credit ELSE 0 END AS deals
            FROM attribution_ledgerentry entry JOIN attribution_deal deal ON deal.id = entry.deal_id
            WHERE entry.workspace_id = %(workspace)s AND ad_id IS NOT NULL AND click_date BETWEEN %(start)s AND %(end)s
            UNION ALL
            SELECT day, ad_id, amount, deals FROM attribution_modelledentry
            WHERE workspace_id = %(workspace)s AND basis = 'accrual' AND day BETWEEN %(start)s AND %(end)s
        ) AS line GROUP BY 1, 2
    )
    SELECT ad_id, (day - date '0001-01-01') + 1, coalesce(spend, 0), coalesce(impressions, 0), coalesce(clicks, 0), frequency,
           CASE WHEN %(from_crm)s THEN coalesce(deals, 0) ELSE coalesce(reported, 0) END,
           CASE WHEN %(from_crm)s THEN coalesce(revenue, 0) ELSE coalesce(reported_value, 0) END
    FROM actual FULL JOIN earned USING (day, ad_id)
    JOIN core_ad ad ON ad.id = ad_id
    JOIN core_adaccount account ON account.id = ad.account_id AND account.currency = %(currency)s
    WHERE spend IS NOT NULL OR %(from_crm)s
    ORDER BY ad_id, day
"""


def ad_day_outcomes(period: Period) -> AdDayOutcomes:
    """What every ad did on each day of the period, revenue on the day of the click, from the workspace's revenue source."""
    workspace = Workspace.objects.get(pk=current_workspace_id())
    values = {
        "workspace": workspace.pk,
        "start": period.start,
        "end": period.end,
        "currency": workspace.currency,
        "unit": 10 ** exponent(workspace.currency),
        "from_crm": workspace.revenue_source == Workspace.RevenueSource.CRM,
    }
    with connection.cursor() as cursor:
        cursor.execute(OUTCOMES, values)
        columns = list(zip(*cursor.fetchall(), strict=True)) or [()] * 8
    kinds = (np.int64, np.int64, float, np.int64, np.int64, float, float, float)
    return AdDayOutcomes(*(np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)))


def revenue_freshness() -> datetime | None:
    """Up to when revenue is known: the newest delivery or posted line, but not past a deal that still waits to be read."""
    heard = InboxDelivery.objects.aggregate(latest=Max("received_at"))["latest"]
    posted = LedgerEntry.objects.aggregate(latest=Max("posted_at"))["latest"]
    newest = max((at for at in (heard and as_shown(heard), posted) if at), default=None)
    unread = InboxDelivery.objects.filter(parsed_at=None).aggregate(oldest=Min("received_at"))["oldest"]
    waiting = DealRefresh.objects.filter(reread=True).aggregate(oldest=Min("queued_at"))["oldest"]
    return min((at for at in (newest, unread and as_shown(unread), waiting and as_shown(waiting)) if at), default=None)


def last_day() -> date | None:
    """The last day with ad performance."""
    return AdDay.objects.aggregate(latest=Max("day"))["latest"]


def newest_day() -> date | None:
    """The last day with ad performance or with revenue of an ad's click: a click may earn before its day's performance is read."""
    earned = LedgerEntry.objects.exclude(ad=None).aggregate(latest=Max("click_date"))["latest"]
    return max((day for day in (last_day(), earned) if day), default=None)


def first_day() -> date | None:
    """The first day with ad performance: a comparison with days before it would compare with nothing."""
    return AdDay.objects.aggregate(earliest=Min("day"))["earliest"]
