from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import transaction

from attribution.actions.conversions.hand_over_conversions import hand_over_conversions
from attribution.actions.credit.attribute_deals import Booking, attribute_deals
from attribution.actions.crm.store_contacts import Known, store_contacts
from attribution.actions.deals.link_deals import link_deals
from attribution.actions.deals.store_deals import DealState, write_deals
from attribution.actions.deals.take_from_form import take_from_form
from attribution.actions.deals.value_deal import ToldAmount
from attribution.actions.people.link_keys import lock_people
from attribution.domain.click_ids import kind_of
from attribution.domain.clicks_of_contact import Click, clicks_of, fields_of_clicks, merged
from attribution.identity import hashed, hashes_of_row
from attribution.models import Contact, Deal, StageChange
from stratum.core.clock import now
from stratum.core.models import Workspace
from stratum.core.periods import local_day

AT_ONCE = 1000
OF_CONTACT = ("email", "phone", "ip", "user_agent")


def import_deals(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> int:
    """Stores deal states (fields of `row_fields.DEAL`), values and matches each deal once; returns how many deals.

    Of several states of a deal the newest counts, and all of them are kept as its stage history.
    """
    states: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        states.setdefault(row["deal_id"], []).append(row)
    newest = {deal_id: max(reversed(told), key=_changed) for deal_id, told in sorted(states.items())}
    merged = {deal_id: row["merged_into"] for deal_id, row in newest.items() if row["merged_into"]}
    # In one order for all, so that two calls with the same deals wait for each other instead of locking each other out.
    for start in range(0, len(newest), AT_ONCE):
        chunk = dict(islice(newest.items(), start, start + AT_ONCE))
        with transaction.atomic():
            lock_people(workspace)
            contacts = _contacts(workspace, chunk.values())
            deals = write_deals(workspace, [_state(workspace, row, contacts) for row in chunk.values()])
            _keep_stages(deals, states)
            hand_over_conversions(merged)
            take_from_form(deals)
            link_deals(workspace, deals, source="import")
            attribute_deals(
                workspace, [Booking(deal.pk, _reason(chunk[deal.external_id])) for deal in deals], now=now()
            )
    return len(newest)


def _changed(row: dict[str, Any]) -> datetime:
    return row["updated_at"] or row["closed_at"] or row["created_at"]


def _reason(row: dict[str, Any]) -> str:
    if row["merged_into"]:
        return f"merged into deal {row['merged_into']}"
    return "deleted" if row["is_deleted"] else row["stage"] or "imported"


def _state(workspace: Workspace, row: dict[str, Any], contacts: dict[str, Contact]) -> DealState:
    is_won, is_closed = bool(row["is_won"]), bool(row["is_won"] or row["is_lost"])
    contact = contacts.get(_name_of_contact(workspace, row) or "")
    raw = {} if contact and contact.erased_at else row
    fields = {
        "stage_id": row["stage"][:80],
        "stage_label": row["stage"],
        "probability": Decimal(1) if is_won else row["stage_probability"],
        "is_won": is_won,
        "is_closed": is_closed,
        "removed_at": _changed(row) if row["merged_into"] or row["is_deleted"] else None,
        "created_at": row["created_at"],
        "updated_at": _changed(row),
        "closed_at": row["closed_at"] if is_closed else None,
        "contact": contact,
        "form_id": row["form_id"],
        "region": row["region"].upper(),
    }
    return DealState(row["deal_id"], fields, hashes_of_row(workspace.pk, raw), _told_amount(workspace, row))


def _name_of_contact(workspace: Workspace, row: dict[str, Any]) -> str | None:
    """The contact's id, else a name made from the e-mail address or phone number that the row has."""
    key = next((key for key in ("email", "phone") if row[key]), None)
    return row["contact_id"] or (key and f"{key}:{hashed(workspace.pk, key, row[key]) or 0:x}")


def _contacts(workspace: Workspace, rows: Iterable[dict[str, Any]]) -> dict[str, Contact]:
    """The rows' people. Several rows of one person fill each other's gaps, the newest word first."""
    known: dict[str, Known] = {}
    for row in sorted(rows, key=_changed):
        name = _name_of_contact(workspace, row)
        if name:
            told = {field: row[field] for field in OF_CONTACT if row[field]}
            before = known.get(name)
            if row["click_id"]:
                click = Click(row["click_id"], kind_of(row["click_id"], row["click_id_kind"]))
                told |= fields_of_clicks(merged([click], clicks_of(before.fields) if before else ()))
            company = row["company"] or (before.company if before else "")
            known[name] = Known(name, (before.fields if before else {}) | told, _changed(row), company)
    return store_contacts(workspace, known.values())


def _told_amount(workspace: Workspace, row: dict[str, Any]) -> ToldAmount:
    currency = (row["currency"] or workspace.currency).upper()
    return ToldAmount(row["amount"], currency, local_day(_changed(row), workspace.timezone))


def _keep_stages(deals: Sequence[Deal], states: dict[str, list[dict[str, Any]]]) -> None:
    changes = [
        StageChange(
            workspace_id=deal.workspace_id,
            deal=deal,
            stage_id=row["stage"][:80],
            is_closed=bool(row["is_won"] or row["is_lost"]),
            is_won=bool(row["is_won"]),
            occurred_at=_changed(row),
        )
        for deal in deals
        for row in states[deal.external_id]
        if row["stage"] and not row["merged_into"] and not row["is_deleted"]
    ]
    StageChange.objects.bulk_create(changes, ignore_conflicts=True)
