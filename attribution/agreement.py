"""Do the CRM's deals and the stored ones say the same?"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from attribution.actions.deals.value_deal import minor_of
from attribution.models import CrmConnection, Deal
from stratum.platforms.hubspot_objects import CrmRow

COMPARED = ("hs_lastmodifieddate", "pipeline", "dealstage", "amount", "deal_currency_code")
UNBALANCED = """
    SELECT deal.external_id FROM attribution_deal deal
    LEFT JOIN (SELECT deal_id, sum(amount) AS amount FROM attribution_ledgerentry WHERE workspace_id = %s GROUP BY 1) line
      ON line.deal_id = deal.id
    WHERE deal.workspace_id = %s AND deal.connection_id = %s AND deal.value <> coalesce(line.amount, 0)
"""


def stored_deals(ids: Iterable[str]) -> dict[str, Deal]:
    return {deal.external_id: deal for deal in Deal.objects.filter(external_id__in=list(ids))}


def _is_stale(row: CrmRow, deal: Deal | None) -> bool:
    """Whether what is stored is missing, taken for deleted, or older than what the CRM has."""
    if deal is None or deal.removed_at:
        return True
    modified = row.instant("hs_lastmodifieddate")
    return modified is not None and deal.updated_at < modified


def agrees(row: CrmRow, deal: Deal | None, portal: CrmConnection, currency: str) -> bool:
    """Whether the stored deal says what the CRM says; one that was read again since the row was listed does."""
    if deal is None or _is_stale(row, deal):
        return False
    if deal.updated_at != row.instant("hs_lastmodifieddate"):
        return True
    told = (row.text("deal_currency_code") or portal.home_currency or currency).upper()[:3]
    return (deal.pipeline_id, deal.stage_id, deal.currency, deal.amount_in_currency) == (
        row.text("pipeline")[:80],
        row.text("dealstage")[:80],
        told,
        minor_of(row.decimal("amount"), told),
    )


def unbalanced(portal: CrmConnection) -> set[str]:
    """Deals whose ledger lines do not sum to their value."""
    with connection.cursor() as cursor:
        cursor.execute(UNBALANCED, [portal.workspace_id, portal.workspace_id, portal.pk])
        return {external_id for (external_id,) in cursor.fetchall()}
