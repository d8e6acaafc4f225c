"""What the open deals of each ad are worth: as our ledger weighs them, and as another system says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from attribution.models import ToldPipeline
from stratum.core.models import Workspace
from stratum.core.money import to_major
from stratum.core.tenancy import current_workspace_id

OPEN = """
    SELECT coalesce(ad.external_id, ''), coalesce(ad.name, ''), sum(entry.amount), sum(entry.credit)
    FROM attribution_ledgerentry entry
    JOIN attribution_deal deal ON deal.id = entry.deal_id AND NOT deal.is_closed AND deal.removed_at IS NULL
    LEFT JOIN core_ad ad ON ad.id = entry.ad_id
    WHERE entry.workspace_id = %s
    GROUP BY entry.ad_id, ad.external_id, ad.name
    HAVING sum(entry.credit) <> 0 OR sum(entry.amount) <> 0
"""


@dataclass(frozen=True)
class Told:
    """Another system's statement, in its own currency."""

    value: Decimal
    currency: str
    deals: int
    as_of: datetime


@dataclass(frozen=True)
class AdPipeline:
    """Open deals credited to an ad (no id: to none). Value is amount × probability × credit, in the workspace's currency."""

    ad_external_id: str
    name: str
    value: Decimal
    deals: Decimal
    currency: str
    told: Told | None


def ad_pipeline() -> list[AdPipeline]:
    """Every ad with open deals or with a statement about them, the most valuable first."""
    currency = Workspace.objects.get(pk=current_workspace_id()).currency
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [current_workspace_id()])
        ours = {
            ad_id: (name, to_major(amount, currency), credit.quantize(Decimal("0.01")))
            for ad_id, name, amount, credit in cursor.fetchall()
        }
    told = {
        row.ad_external_id: Told(to_major(row.pipeline_value, row.currency), row.currency, row.deals_count, row.as_of)
        for row in ToldPipeline.objects.all()
    }
    nothing = ("", to_major(0, currency), Decimal("0.00"))
    rows = []
    for ad_id in {**ours, **told}:
        name, value, deals = ours.get(ad_id, nothing)
        rows.append(AdPipeline(ad_id, name, value, deals, currency, told.get(ad_id)))
    return sorted(rows, key=lambda one: (-one.value, one.ad_external_id))
