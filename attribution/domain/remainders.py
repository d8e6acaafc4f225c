"""What an account did and no ad explains: the platform's own totals less what its ads say, as lines of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

PREFIX = "rest:"
"""Begins the id of a line that is no ad."""
OF_ACCOUNT = f"{PREFIX}account"
NOT_BY_AD = "Not told by ad"
WHOLE_CAMPAIGN = "Campaign without ads"
COUNTS = ("impressions", "clicks", "conversions", "conversion_value")


class Figures(Protocol):
    day: date
    campaign_id: str
    spend: Decimal
    impressions: int
    clicks: int
    conversions: Decimal | None
    conversion_value: Decimal | None


def remainder_id(campaign_id: str) -> str:
    return f"{PREFIX}{campaign_id}"


def remainders(
    ads: Sequence[Figures], campaigns: Sequence[Figures], account: Sequence[Figures]
) -> list[dict[str, Any]]:
    """Rows for `store_ad_days`, so that on each day with a total of the account all rows add up to it, to the last digit of spend.

    First what a campaign spent beyond its ads, under the campaign; then what is left of the account, under none. Where ads add up to
    more than the account (rounding, or figures that were read at two moments) the account's line is negative. Other counts are never
    negative. A day without a total has no line.
    """
    told = {day.day for day in account}
    by_ads, of_campaigns = _sums(ads), _sums(campaigns)
    names = {one.campaign_id: getattr(one, "campaign_name", "") for one in campaigns}
    rows = []
    for (day, campaign), whole in sorted(of_campaigns.items()):
        rest = _less(whole, by_ads.get((day, campaign), {}))
        if day in told and (rest["spend"] > 0 or (rest["spend"] == 0 and rest["clicks"] > 0)):
            has_ads = any(known == campaign for _, known in by_ads)
            rows.append(_row(day, campaign, names[campaign], NOT_BY_AD if has_ads else WHOLE_CAMPAIGN, rest))
    explained = defaultdict(lambda: defaultdict(Decimal))
    for row in (*({"date": one.day, **_figures(one)} for one in ads), *rows):
        for name in ("spend", *COUNTS):
            explained[row["date"]][name] += row[name] or 0
    for one in account:
        rest = _less(_figures(one), explained[one.day])
        if rest["spend"]:
            rows.append(_row(one.day, OF_ACCOUNT, NOT_BY_AD, NOT_BY_AD, rest))
    return rows


def _figures(one: Figures) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("spend", *COUNTS)}


def _sums(rows: Iterable[Figures]) -> dict[tuple[date, str], dict[str, Any]]:
    sums: dict[tuple[date, str], dict[str, Any]] = {}
    for row in rows:
        into = sums.setdefault((row.day, row.campaign_id), dict.fromkeys(("spend", *COUNTS), Decimal(0)))
        for name, value in _figures(row).items():
            into[name] += value or 0
    return sums


def _less(whole: Mapping[str, Any], part: Mapping[str, Any]) -> dict[str, Any]:
    left = {name: (whole[name] or 0) - part.get(name, 0) for name in ("spend", *COUNTS)}
    return left | {name: max(left[name], 0) for name in COUNTS}


def _row(day: date, campaign: str, campaign_name: str, name: str, rest: Mapping[str, Any]) -> dict[str, Any]:
    ad = OF_ACCOUNT if campaign == OF_ACCOUNT else remainder_id(campaign)
    return {
        "date": day,
        "ad_id": ad,
        "ad_name": f"{campaign_name}: {name.lower()}" if campaign != OF_ACCOUNT else name,
        "adset_id": ad,
        "campaign_id": campaign,
        "campaign_name": campaign_name,
        "reach": None,
        "frequency": None,
        "is_remainder": True,
        **rest,
        "impressions": int(rest["impressions"]),
        "clicks": int(rest["clicks"]),
    }
