from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attribution.actions.crm.queue_deals import queue_deals
from attribution.models import Deal, ExchangeRate
from stratum.core.models import Workspace


def import_exchange_rates(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> int:
    """Stores rates (fields of `row_fields.EXCHANGE_RATE`): one unit in the workspace's currency on a day; returns how many.

    Deals that had no value for want of a rate are valued now. Deals that have a rate keep it.
    """
    rates = {(row["currency"], row["day"]): row for row in rows if row["currency"] != workspace.currency}
    ExchangeRate.objects.bulk_create(
        [ExchangeRate(workspace=workspace, **row) for row in rates.values()],
        update_conflicts=True,
        unique_fields=["workspace", "currency", "day"],
        update_fields=["rate", "source"],
    )
    queue_unpriced({currency for currency, _ in rates})
    return len(rates)


def queue_unpriced(currencies: set[str]) -> None:
    """Has the deals looked at again whose amount in one of these currencies has no value yet."""
    unpriced = Deal.objects.filter(
        currency__in=currencies, amount=None, removed_at=None, amount_in_currency__isnull=False
    )
    queue_deals(None, unpriced.values_list("external_id", flat=True), reread=False)
