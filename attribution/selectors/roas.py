"""The northstar in every cut: spend as the platform reported it, revenue from the workspace's source, ratios from sums."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection

from attribution.domain.remainders import PREFIX
from attribution.selectors.exchange import RATES
from stratum.core.models import Workspace
from stratum.core.money import exponent
from stratum.core.periods import Period
from stratum.core.tenancy import current_workspace_id


class Basis(StrEnum):
    ACCRUAL = "accrual"
    """Revenue on the day of the click that earned it."""
    CASH = "cash"
    """Revenue on the day on which the deal changed."""


class Level(StrEnum):
    PLATFORM = "platform"
    AUDIENCE = "audience"
    """What ad sets were aimed at on the day of the spend or the click."""
    CAMPAIGN = "campaign"
    AD_SET = "adset"
    AD = "ad"

    @property
    def plural(self) -> str:
        return PLURALS[self]


PLURALS = {
    Level.PLATFORM: "Platforms",
    Level.AUDIENCE: "Audiences",
    Level.CAMPAIGN: "Campaigns",
    Level.AD_SET: "Ad sets",
    Level.AD: "Ads",
}


@dataclass(frozen=True)
class Figures:
    """Sums over a cut. Money in major units of the workspace's currency, at each day's rate; ratios are None where nothing divides them."""

    spend: Decimal
    revenue: Decimal
    impressions: int
    clicks: int
    conversions: Decimal

    @property
    def roas(self) -> Decimal | None:
        return self.revenue / self.spend if self.spend else None

    @property
    def ctr(self) -> float | None:
        return self.clicks / self.impressions if self.impressions else None

    @property
    def conversion_rate(self) -> float | None:
        return float(self.conversions) / self.clicks if self.clicks else None


@dataclass(frozen=True)
class DayFigures:
    day: date
    figures: Figures


@dataclass(frozen=True)
class LevelFigures:
    id: int
    external_id: str
    name: str
    status: str
    daily_budget: int | None
    """Minor units of the account's currency; None where another level holds the budget."""
    currency: str
    """The account's; empty where a row is of several accounts."""
    figures: Figures

    @property
    def is_remainder(self) -> bool:
        """No ad or campaign, but what none explains."""
        return self.external_id.startswith(PREFIX)


DATES = {Basis.ACCRUAL: "click_date", Basis.CASH: "booked_date"}
CUTS = {
    Level.PLATFORM: ("0::bigint, account.platform, account.platform, '', NULL::bigint, ''", ""),
    Level.AUDIENCE: (
        "0::bigint, aimed.audience, CASE aimed.audience WHEN '' THEN 'Not told' ELSE aimed.audience END, '', NULL::bigint, ''",
        "ad_set.campaign_id",
    ),
    Level.CAMPAIGN: (
        "campaign.id, campaign.external_id, campaign.name, campaign.status, campaign.daily_budget, account.currency",
        "ad_set.account_id",
    ),
    Level.AD_SET: (
        "ad_set.id, ad_set.external_id, ad_set.name, ad_set.status, ad_set.daily_budget, account.currency",
        "ad_set.campaign_id",
    ),
    Level.AD: ("ad.id, ad.external_id, ad.name, ad.status, NULL::bigint, account.currency", "ad.ad_set_id"),
}

FACTS = """
    WITH {rates}, actual AS (
        SELECT ad_id, ad.ad_set_id, day, day AS aimed_on, spend, impressions, clicks, conversions, conversion_value
        FROM core_adday JOIN core_ad ad ON ad.id = ad_id
        WHERE core_adday.workspace_id = %(workspace)s AND day BETWEEN %(start)s AND %(end)s
          AND (%(as_of)s::timestamptz IS NULL OR day <= (%(as_of)s::timestamptz AT TIME ZONE %(timezone)s)::date)
    ), earned AS (
        SELECT ad_id, ad_set_id, day, aimed_on, sum(amount) AS amount, sum(deals) AS deals FROM (
            -- The ad set is the one that the ad was in at the time of the click, and aimed as it was then.
            SELECT ad_id, ad_set_id, {date} AS day, click_date AS aimed_on, entry.amount, CASE WHEN removed_at IS NULL OR removed_at > %(as_of)s THEN credit ELSE 0 END AS deals
            FROM attribution_ledgerentry entry JOIN attribution_deal deal ON deal.id = entry.deal_id
            WHERE entry.workspace_id = %(workspace)s AND ad_id IS NOT NULL AND {date} BETWEEN %(start)s AND %(end)s
              AND (%(as_of)s::timestamptz IS NULL OR entry.posted_at <= %(as_of)s)
            UNION ALL
            SELECT ad_id, ad.ad_set_id, day, day, amount, deals::numeric FROM attribution_modelledentry JOIN core_ad ad ON ad.id = ad_id
            WHERE attribution_modelledentry.workspace_id = %(workspace)s AND basis = %(basis)s AND day BETWEEN %(start)s AND %(end)s
              AND (%(as_of)s::timestamptz IS NULL OR posted_at <= %(as_of)s)
        ) AS line GROUP BY 1, 2, 3, 4
    )
    SELECT {cut}, coalesce(sum(spend * coalesce(rates.rate, 1)), 0),
           CASE WHEN %(from_crm)s THEN coalesce(sum(amount), 0) / %(unit)s::numeric ELSE coalesce(sum(conversion_value * coalesce(rates.rate, 1)), 0) END,
           coalesce(sum(impressions), 0)::bigint, coalesce(sum(clicks), 0)::bigint,
           CASE WHEN %(from_crm)s THEN coalesce(sum(deals), 0) ELSE coalesce(sum(conversions), 0) END
    FROM (SELECT *, NULL::numeric AS amount, NULL::numeric AS deals FROM actual
          UNION ALL
          SELECT ad_id, ad_set_id, day, aimed_on, NULL, NULL, NULL, NULL, NULL, amount, deals FROM earned) AS fact
    JOIN core_ad ad ON ad.id = fact.ad_id
    JOIN core_adset ad_set ON ad_set.id = fact.ad_set_id
    JOIN core_campaign campaign ON campaign.id = ad_set.campaign_id
    JOIN core_adaccount account ON account.id = ad.account_id
    LEFT JOIN rates ON rates.account_id = account.id AND rates.rated_on = fact.day
    CROSS JOIN LATERAL (SELECT coalesce(
        (SELECT audience FROM core_adsetaudience told WHERE told.workspace_id = %(workspace)s AND told.ad_set_id = fact.ad_set_id AND since <= aimed_on
         ORDER BY since DESC LIMIT 1),
        (SELECT audience FROM core_adsetaudience told WHERE told.workspace_id = %(workspace)s AND told.ad_set_id = fact.ad_set_id ORDER BY since LIMIT 1),
        '') AS audience) AS aimed
    WHERE (account.currency = %(currency)s OR rates.rate IS NOT NULL)
      AND (%(account)s::bigint IS NULL OR ad.account_id = %(account)s) {inside}
"""


def _query(
    cut: str, group: str, period: Period, basis: Basis, as_of: datetime | None, *, inside: str = "", **more: Any
) -> list[tuple]:
    workspace = Workspace.objects.get(pk=current_workspace_id())
    values = {
        "workspace": workspace.pk,
        "start": period.start,
        "end": period.end,
        "basis": str(basis),
        "as_of": as_of,
        "timezone": workspace.timezone,
        "unit": 10 ** exponent(workspace.currency),
        "currency": workspace.currency,
        "from_crm": workspace.revenue_source == Workspace.RevenueSource.CRM,
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(FACTS.format(rates=RATES, date=DATES[basis], cut=cut, inside=inside) + group, values)
        return cursor.fetchall()


def totals(
    period: Period, *, basis: Basis = Basis.ACCRUAL, account: int | None = None, as_of: datetime | None = None
) -> Figures:
    """`as_of`: as the ledger stood at that instant, with the spend of the days that had begun, as it is known today."""
    return Figures(*_query("1", "", period, basis, as_of, account=account)[0][1:])


def trend(
    period: Period, *, basis: Basis = Basis.ACCRUAL, account: int | None = None, as_of: datetime | None = None
) -> list[DayFigures]:
    """One entry for each day of the period that has spend or revenue, oldest first."""
    rows = _query("day", " GROUP BY day ORDER BY day", period, basis, as_of, account=account)
    return [DayFigures(day, Figures(*sums)) for day, *sums in rows]


def _columns(cut: str) -> str:
    return ", ".join(part for part in cut.split(", ") if "::" not in part and part != "''")


def by_level(
    level: Level,
    period: Period,
    *,
    parent: int | None = None,
    basis: Basis = Basis.ACCRUAL,
    account: int | None = None,
    as_of: datetime | None = None,
    platform: str | None = None,
    audience: str | None = None,
) -> list[LevelFigures]:
    """Rows of a level with their figures, biggest spend first; `parent` keeps those inside one campaign or ad set.

    `platform` and `audience` (empty: not told) keep what was spent on and earned by one of them.
    """
    cut, parent_column = CUTS[level]
    inside = f"AND {parent_column} = %(parent)s" if parent is not None else ""
    inside += " AND account.platform = %(platform)s" if platform is not None else ""
    inside += " AND aimed.audience = %(audience)s" if audience is not None else ""
    group = f" GROUP BY {_columns(cut)} ORDER BY coalesce(sum(spend * coalesce(rates.rate, 1)), 0) DESC, 1"
    rows = _query(
        cut,
        group,
        period,
        basis,
        as_of,
        inside=inside,
        parent=parent,
        account=account,
        platform=platform,
        audience=audience,
    )
    return [LevelFigures(*row[:6], Figures(*row[6:])) for row in rows]
