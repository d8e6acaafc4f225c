from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from attribution.actions.attribute_deal import attribute_deal
from attribution.actions.record_touchpoints import RAW_KEYS
from attribution.actions.store_deal import write_deal
from attribution.domain.deal_value import booked_value
from attribution.identity import hashes
from stratum.core.clock import now
from stratum.core.models import Workspace
from stratum.core.money import to_minor


def import_deals(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> int:
    """Stores deal states (fields of `row_fields.DEAL`), values and matches each deal once; returns how many deals."""
    newest: dict[str, dict[str, Any]] = {}
    for row in rows:
        known = newest.get(row["deal_id"])
        if known is None or _changed(row) >= _changed(known):
            newest[row["deal_id"]] = row
    # In one order for all, so that two calls with the same deals wait for each other instead of locking each other out.
    for _, row in sorted(newest.items()):
        with transaction.atomic():
            keys = hashes(workspace.pk, {key: row[name] for key, name in RAW_KEYS.items()})
            deal = write_deal(workspace, row["deal_id"], _fields(workspace, row), keys)
            attribute_deal(workspace, deal, now=now(), reason=row["stage"] or "imported")
    return len(newest)


def _changed(row: dict[str, Any]) -> datetime:
    return row["updated_at"] or row["closed_at"] or row["created_at"]


def _fields(workspace: Workspace, row: dict[str, Any]) -> dict[str, Any]:
    is_won, is_lost, missing = bool(row["is_won"]), bool(row["is_lost"]), ""
    probability = Decimal(1) if is_won else row["stage_probability"]
    amount = None if row["amount"] is None else to_minor(row["amount"], workspace.currency)
    if amount is None:
        missing = "it has no amount"
    elif (row["currency"] or workspace.currency).upper() != workspace.currency:
        amount, missing = None, f"its amount in {row['currency']} has no value in {workspace.currency}"
    elif probability is None and not is_lost:
        missing = "its stage has no probability"
    return {
        "stage_label": row["stage"],
        "probability": probability,
        "is_won": is_won,
        "is_closed": is_won or is_lost,
        "amount": amount,
        "value": booked_value(amount, probability, is_won=is_won, is_closed=is_won or is_lost),
        "unvalued_because": missing,
        "created_at": row["created_at"],
        "updated_at": _changed(row),
    }
