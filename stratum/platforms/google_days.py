"""Days of ads, campaigns and customers, and clicks, from the rows of Google's reports. Bad rows are left out and counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from stratum.platforms.account_days import DayTotal, InsightRow
from stratum.platforms.conversion_kinds import decimal_of
from stratum.platforms.findings import Findings
from stratum.platforms.google_money import MICROS

DAY = "segments.date, metrics.cost_micros, metrics.impressions, metrics.clicks, metrics.conversions, metrics.conversions_value"
CAMPAIGN_DAY = f"campaign.id, campaign.name, {DAY}"
AD_DAY = f"ad_group_ad.ad.id, ad_group_ad.ad.name, ad_group.id, {CAMPAIGN_DAY}"
BAD_ROW = (
    "A row of a report without an id, a day or readable numbers: its figures are in the rest of its campaign or account"
)
NO_CLICK = "A click without its id or ad: left out"


@dataclass(frozen=True)
class Click:
    """`ad_id` is empty where the click was on no single ad, as in Performance Max."""

    gclid: str
    ad_id: str
    campaign_id: str


def ad_days(rows: Iterable[Mapping[str, Any]], findings: Findings) -> list[InsightRow]:
    """An ad may lie in several ad groups and is a row in each: its day is their sum, under the group where it spent most."""
    found: dict[tuple[str, date], InsightRow] = {}
    for row in rows:
        try:
            one = _ad_day(row)
        except (KeyError, TypeError, ValueError, ArithmeticError):
            findings.add(BAD_ROW, row)
            continue
        key = (one.ad_id, one.day)
        found[key] = _together(found[key], one) if key in found else one
    return list(found.values())


def day_totals(rows: Iterable[Mapping[str, Any]], findings: Findings) -> list[DayTotal]:
    found = []
    for row in rows:
        campaign = row.get("campaign") or {}
        try:
            day = date.fromisoformat(row["segments"]["date"])
            found.append(DayTotal(day, campaign.get("id") or "", campaign.get("name") or "", *_figures(row["metrics"])))
        except (KeyError, TypeError, ValueError, ArithmeticError):
            findings.add(BAD_ROW, row)
    return found


def clicks_of(rows: Iterable[Mapping[str, Any]], findings: Findings) -> list[Click]:
    found = []
    for row in rows:
        view, campaign = row.get("clickView") or {}, row.get("campaign") or {}
        if not view.get("gclid"):
            findings.add(NO_CLICK, row)
            continue
        ad = str(view.get("adGroupAd") or "").rpartition("~")[2]
        found.append(Click(view["gclid"], ad, str(campaign.get("id") or "")))
    return found


def _ad_day(row: Mapping[str, Any]) -> InsightRow:
    ad = row["adGroupAd"]["ad"]
    spend, impressions, clicks, conversions, value = _figures(row["metrics"])
    return InsightRow(
        ad_id=str(ad["id"]),
        ad_name=ad.get("name") or "",
        adset_id=row["adGroup"]["id"],
        campaign_id=row["campaign"]["id"],
        campaign_name=row["campaign"].get("name") or "",
        day=date.fromisoformat(row["segments"]["date"]),
        spend=spend,
        impressions=impressions,
        clicks=clicks,
        reach=None,
        frequency=None,
        conversions=conversions,
        conversion_value=value,
    )


def _together(first: InsightRow, second: InsightRow) -> InsightRow:
    names = ("spend", "impressions", "clicks", "conversions", "conversion_value")
    sums = {name: (getattr(first, name) or 0) + (getattr(second, name) or 0) for name in names}
    most = first if first.spend >= second.spend else second
    return InsightRow(**{**vars(most), **sums})


def _figures(metrics: Mapping[str, Any]) -> tuple[Decimal, int, int, Decimal | None, Decimal | None]:
    conversions, value = (decimal_of(metrics[name]) if metrics.get(name) is not None else None for name in ("conversions", "conversionsValue"))  # fmt: skip
    counts = (int(metrics.get(name) or 0) for name in ("impressions", "clicks"))
    return (major(metrics.get("costMicros")), *counts, conversions, value)


def major(micros: str | None) -> Decimal:
    return Decimal(micros or 0) / MICROS
