from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import F, Max, Sum

from attribution.models import LedgerEntry, ModelledEntry
from stratum.core.periods import Period


@dataclass(frozen=True)
class DealCredit:
    """What one deal gives an ad now: the sum of its ledger lines."""

    deal_id: str
    deal_name: str
    stage: str
    layer: str
    confidence: float
    credit: Decimal
    amount: int
    """Minor units of the workspace's currency."""
    posted_at: datetime


def credits_of_ad(ad_id: int, period: Period, *, most: int = 50) -> list[DealCredit]:
    """Deals that an ad is credited for by clicks in the period, largest amount first."""
    rows = (
        LedgerEntry.objects.filter(ad_id=ad_id, click_date__range=(period.start, period.end))
        .values("layer", external=F("deal__external_id"), name=F("deal__name"), stage=F("deal__stage_label"))
        .annotate(
            confidence=Max("confidence"), credit_sum=Sum("credit"), amount_sum=Sum("amount"), posted=Max("posted_at")
        )
        .exclude(credit_sum=0)
        .order_by("-amount_sum", "external")[:most]
    )
    return [
        DealCredit(
            r["external"],
            r["name"],
            r["stage"],
            r["layer"],
            r["confidence"],
            r["credit_sum"],
            int(r["amount_sum"]),
            r["posted"],
        )
        for r in rows
    ]


def modelled_of_ad(ad_id: int, period: Period) -> int:
    """What the ad is credited for in the aggregate, by clicks in the period: minor units that belong to no deal."""
    days = ModelledEntry.objects.filter(
        basis=ModelledEntry.Basis.ACCRUAL, ad_id=ad_id, day__range=(period.start, period.end)
    )
    return int(days.aggregate(sum=Sum("amount"))["sum"] or 0)
