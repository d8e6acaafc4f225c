"""What an account did, day by day: by ad as far as the platform tells it, and as a whole. The same for every platform."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class InsightRow:
    """`day` is the account's local day; money in major units of the account's currency; None: not reported."""

    ad_id: str
    ad_name: str
    adset_id: str
    campaign_id: str
    campaign_name: str
    day: date
    spend: Decimal
    impressions: int
    clicks: int
    reach: int | None
    frequency: float | None
    conversions: Decimal | None
    conversion_value: Decimal | None


@dataclass(frozen=True)
class DayTotal:
    """The platform's own sum of a day: of a campaign, or, without `campaign_id`, of the whole account."""

    day: date
    campaign_id: str
    campaign_name: str
    spend: Decimal
    impressions: int
    clicks: int
    conversions: Decimal | None
    conversion_value: Decimal | None


@dataclass(frozen=True)
class AccountDays:
    """`campaigns` only where the ads do not add up to the account."""

    ads: Sequence[InsightRow]
    account: Sequence[DayTotal]
    campaigns: Sequence[DayTotal]


def differs(ads: Sequence[InsightRow], account: Sequence[DayTotal]) -> bool:
    """Whether on some day the ads' spend does not add up to the account's."""
    by_day: defaultdict[date, Decimal] = defaultdict(Decimal)
    for row in ads:
        by_day[row.day] += row.spend
    return any(total.spend != by_day[total.day] for total in account)
