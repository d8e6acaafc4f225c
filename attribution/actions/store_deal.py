from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from attribution.actions.store_contacts import store_crm_contacts
from attribution.actions.value_deal import ToldAmount, price_deal, value_deal
from attribution.identity import hashed
from attribution.models import CrmConnection, Deal
from stratum.core.clock import now as clock_now
from stratum.core.models import Workspace
from stratum.core.periods import local_day
from stratum.platforms.hubspot_objects import CrmDeal, CrmStage

CONTACT_KEYS = {
    "click": "hs_facebook_click_id",
    "anonymous": "stratum_anonymous_id",
    "fingerprint": "stratum_fingerprint",
    "ip": "stratum_ip",
    "email": "email",
    "phone": "phone",
    "company": "company",
}


def store_crm_deal(
    workspace: Workspace, portal: CrmConnection, crm: CrmDeal, stages: dict[tuple[str, str], CrmStage]
) -> Deal:
    """Writes the deal as the CRM has it now, locked for the caller's transaction, unless what is stored is newer."""
    stage = stages.get((crm.text("pipeline"), crm.text("dealstage")))
    is_closed, is_won = _closed_and_won(crm, stage)
    contacts = store_crm_contacts(workspace, portal, crm.contacts, now=clock_now())
    # Who was erased leaves no keys behind either.
    crm = replace(
        crm, contacts=tuple(told for told, row in zip(crm.contacts, contacts, strict=True) if not row.erased_at)
    )
    fields: dict[str, Any] = {
        "connection": portal,
        "name": crm.text("dealname")[:240],
        "pipeline_id": crm.text("pipeline")[:80],
        "stage_id": crm.text("dealstage")[:80],
        "stage_label": stage.label if stage else crm.text("dealstage")[:160],
        "probability": stage.probability if stage else crm.decimal("hs_deal_stage_probability"),
        "is_won": is_won,
        "is_closed": is_closed,
        "removed_at": None,
        "created_at": crm.instant("createdate") or clock_now(),
        "updated_at": crm.instant("hs_lastmodifieddate") or clock_now(),
        "closed_at": crm.instant("closedate") if is_closed else None,
        "contact": contacts[0] if contacts else None,
        "form_id": _of_contacts(crm, "stratum_form_id")[:80],
    }
    return write_deal(workspace, crm.deal_id, fields, _keys(workspace, crm), _told_amount(workspace, portal, crm))


def write_deal(
    workspace: Workspace, external_id: str, fields: dict[str, Any], keys: dict[str, int | None], told: ToldAmount
) -> Deal:
    """Creates or updates a deal and its value, unless the stored state is newer, and returns it with its row lock held."""
    at = {name: fields[name] for name in ("created_at", "updated_at")}
    Deal.objects.bulk_create([Deal(workspace=workspace, external_id=external_id, **at)], ignore_conflicts=True)
    deal = Deal.objects.select_for_update().get(external_id=external_id)
    if fields["updated_at"] >= deal.updated_at:
        # A key that was seen once stays: CRMs overwrite contact properties with blanks.
        blanks = {name for name in ("contact", "form_id", *keys) if not (fields | keys).get(name)}
        for name, value in (fields | keys).items():
            if name not in blanks:
                setattr(deal, name, value)
        price_deal(workspace, deal, told)
        value_deal(deal)
        deal.save()
    return deal


def remove_deal(external_id: str, *, now: datetime) -> Deal | None:
    """A deal that the CRM no longer has is worth nothing from now on; its lines stay and are reversed.

    `updated_at` stays the CRM's: a deal that is restored comes back with the date that it had.
    """
    deal = Deal.objects.select_for_update().filter(external_id=external_id).first()
    if deal:
        deal.removed_at, deal.value = deal.removed_at or now, 0
        deal.save(update_fields=["removed_at", "value"])
    return deal


def _told_amount(workspace: Workspace, portal: CrmConnection, crm: CrmDeal) -> ToldAmount:
    """HubSpot gives each deal in its own currency and in the portal's home currency; one of the two may be the workspace's."""
    home = portal.home_currency or workspace.currency
    changed_at = crm.last_change_of("amount", "deal_currency_code") or crm.instant("hs_lastmodifieddate") or clock_now()
    return ToldAmount(
        amount=crm.decimal("amount"),
        currency=(crm.text("deal_currency_code") or home).upper()[:3],
        day=local_day(changed_at, workspace.timezone),
        at_home=crm.decimal("amount_in_home_currency") if home == workspace.currency else None,
        source="hubspot",
        missing="its amount is not a number" if crm.text("amount") else "it has no amount",
    )


def _closed_and_won(crm: CrmDeal, stage: CrmStage | None) -> tuple[bool, bool]:
    """From HubSpot's calculated properties, else from the stage's metadata; never from the name of a stage."""
    closed, won = crm.flag("hs_is_closed"), crm.flag("hs_is_closed_won")
    if closed is None and stage:
        closed = stage.is_closed
    if won is None and stage:
        won = stage.is_closed and stage.probability == Decimal(1)
    return bool(closed), bool(won)


def _of_contacts(crm: CrmDeal, name: str) -> str:
    """From the first contact that has it; several contacts fill each other's gaps."""
    return next((one.text(name) for one in crm.contacts if one.text(name)), "")


def _keys(workspace: Workspace, crm: CrmDeal) -> dict[str, int | None]:
    raw = {key: _of_contacts(crm, name) for key, name in CONTACT_KEYS.items()}
    raw["contact"] = crm.contacts[0].contact_id if crm.contacts else ""
    return {f"{key}_hash": hashed(workspace.pk, key, value) for key, value in raw.items()}
