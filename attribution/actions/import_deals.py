from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from attribution.actions.attribute_deal import attribute_deal
from attribution.actions.store_contacts import store_contact
from attribution.actions.store_deal import write_deal
from attribution.actions.value_deal import ToldAmount
from attribution.identity import hashed
from attribution.models import Contact, Deal, StageChange
from stratum.core.clock import now
from stratum.core.models import Workspace
from stratum.core.periods import local_day

KEYS = {
    "click": "click_id",
    "anonymous": "anonymous_id",
    "fingerprint": "fingerprint",
    "ip": "ip",
    "email": "email",
    "phone": "phone",
    "contact": "contact_id",
    "company": "company",
}
OF_CONTACT = ("email", "phone", "ip", "user_agent", "click_id")


def import_deals(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> int:
    """Stores deal states (fields of `row_fields.DEAL`), values and matches each deal once; returns how many deals.

    Of several states of a deal the newest counts, and all of them are kept as its stage history.
    """
    states: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        states.setdefault(row["deal_id"], []).append(row)
    # In one order for all, so that two calls with the same deals wait for each other instead of locking each other out.
    for deal_id, told in sorted(states.items()):
        row = max(reversed(told), key=_changed)
        with transaction.atomic():
            contact = _contact(workspace, row)
            raw = {} if contact and contact.erased_at else row
            keys = {f"{key}_hash": hashed(workspace.pk, key, raw.get(name)) for key, name in KEYS.items()}
            fields = _fields(row) | {"contact": contact}
            deal = write_deal(workspace, deal_id, fields, keys, _told_amount(workspace, row))
            _keep_stages(deal, told)
            attribute_deal(workspace, deal, now=now(), reason=_reason(row))
    return len(states)


def _changed(row: dict[str, Any]) -> datetime:
    return row["updated_at"] or row["closed_at"] or row["created_at"]


def _reason(row: dict[str, Any]) -> str:
    if row["merged_into"]:
        return f"merged into deal {row['merged_into']}"
    return "deleted" if row["is_deleted"] else row["stage"] or "imported"


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    is_won, is_closed = bool(row["is_won"]), bool(row["is_won"] or row["is_lost"])
    is_gone = row["merged_into"] or row["is_deleted"]
    return {
        "stage_id": row["stage"][:80],
        "stage_label": row["stage"],
        "probability": Decimal(1) if is_won else row["stage_probability"],
        "is_won": is_won,
        "is_closed": is_closed,
        "removed_at": _changed(row) if is_gone else None,
        "created_at": row["created_at"],
        "updated_at": _changed(row),
        "closed_at": row["closed_at"] if is_closed else None,
        "form_id": row["form_id"],
    }


def _contact(workspace: Workspace, row: dict[str, Any]) -> Contact | None:
    """The row's person, under the contact's id, else under the e-mail address or phone number that names them."""
    named = row["contact_id"] or _made_up_id(workspace, row)
    if not named:
        return None
    known = {name: row[name] for name in OF_CONTACT} | {"click_id_kind": "fbclid" if row["click_id"] else None}
    return store_contact(workspace, named, known, company=row["company"], at=_changed(row))


def _made_up_id(workspace: Workspace, row: dict[str, Any]) -> str | None:
    key = next((key for key in ("email", "phone") if row[key]), None)
    return key and f"{key}:{hashed(workspace.pk, key, row[key]) or 0:x}"


def _told_amount(workspace: Workspace, row: dict[str, Any]) -> ToldAmount:
    currency = (row["currency"] or workspace.currency).upper()
    return ToldAmount(row["amount"], currency, local_day(_changed(row), workspace.timezone))


def _keep_stages(deal: Deal, told: Sequence[dict[str, Any]]) -> None:
    changes = [
        StageChange(
            workspace_id=deal.workspace_id,
            deal=deal,
            stage_id=row["stage"][:80],
            is_closed=bool(row["is_won"] or row["is_lost"]),
            is_won=bool(row["is_won"]),
            occurred_at=_changed(row),
        )
        for row in told
        if row["stage"] and not row["merged_into"] and not row["is_deleted"]
    ]
    StageChange.objects.bulk_create(changes, ignore_conflicts=True)
