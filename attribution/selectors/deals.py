"""Deals to be looked through, the ones that the CRM changed last first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, Sum

from attribution.models import Deal, Layer, LedgerEntry


@dataclass(frozen=True)
class DealRow:
    """`value` in minor units of the workspace's currency, `credited` the part of the deal that ads are credited for."""

    id: int
    external_id: str
    name: str
    stage: str
    value: int
    credited: Decimal
    created_at: datetime
    updated_at: datetime
    is_removed: bool


@dataclass(frozen=True)
class DealPage:
    rows: list[DealRow]
    next: int | None
    """The deal after which the next page begins; None at the end."""


def deals(search: str = "", *, after: int | None = None, most: int = 50) -> DealPage:
    """Deals whose name holds `search` or whose id is it."""
    wanted = Q(name__icontains=search) | Q(external_id=search) if search else Q()
    last = Deal.objects.filter(pk=after).values_list("updated_at", "pk").first() if after else None
    if last:
        wanted &= Q(updated_at__lt=last[0]) | Q(updated_at=last[0], pk__lt=last[1])
    found = list(Deal.objects.filter(wanted).order_by("-updated_at", "-id")[: most + 1])
    shown = found[:most]
    lines = LedgerEntry.objects.filter(deal__in=[deal.pk for deal in shown]).exclude(layer=Layer.UNATTRIBUTED)
    credited = dict(lines.values_list("deal").annotate(sum=Sum("credit")).order_by())
    rows = [
        DealRow(
            deal.pk,
            deal.external_id,
            deal.name,
            deal.stage_label,
            deal.value,
            credited.get(deal.pk, Decimal(0)),
            deal.created_at,
            deal.updated_at,
            deal.removed_at is not None,
        )
        for deal in shown
    ]
    return DealPage(rows, shown[-1].pk if len(found) > most else None)
