"""How far an account's own total is explained by its ads, and why not further."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from attribution.domain.remainders import OF_ACCOUNT, WHOLE_CAMPAIGN
from stratum.core.models import AdAccount, AdDay
from stratum.core.periods import Period

SMALL = Decimal("0.01")
"""Of a campaign or an account: what is less is the rounding of its ads' figures."""


@dataclass(frozen=True)
class Gap:
    """Major units of the account's currency: its `total`, and the part of it that no ad explains."""

    account_name: str
    currency: str
    total: Decimal
    untold: Decimal
    where: str
    why: str


def account_gaps(period: Period) -> list[Gap]:
    """What campaigns and accounts spent and no ad explains, the largest first; what is less than a cent in a hundred is left out."""
    spend = AdDay.objects.filter(day__range=(period.start, period.end))
    totals = dict(spend.values_list("ad__account_id").annotate(total=Sum("spend")).order_by())
    rests = spend.filter(ad__is_remainder=True).values(
        "ad__account_id", "ad__external_id", "ad__name", "ad__ad_set__campaign__name"
    )
    accounts = AdAccount.objects.in_bulk(list(totals))
    rows = rests.annotate(untold=Sum("spend")).filter(~Q(untold=0)).order_by("-untold")
    found = [_gap(row, accounts[row["ad__account_id"]], totals[row["ad__account_id"]]) for row in rows]
    return [gap for gap in found if abs(gap.untold) > SMALL * abs(gap.total) / 100]


def _gap(row: dict[str, Any], account: AdAccount, total: Decimal) -> Gap:
    campaign = row["ad__ad_set__campaign__name"]
    if row["ad__external_id"] == OF_ACCOUNT:
        where, why = "no campaign", "the platform tells it of the account alone"
        if row["untold"] < 0:
            why = "its ads add up to more than the account: rounding, or figures read at two moments"
    elif row["ad__name"].endswith(WHOLE_CAMPAIGN.lower()):
        where, why = campaign, "the campaign has no ads of its own, such as Performance Max"
    else:
        where, why = campaign, "the platform tells it of the campaign and of none of its ads"
    return Gap(account.name, account.currency, total, row["untold"], where, why)
