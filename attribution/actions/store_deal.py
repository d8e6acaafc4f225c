from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from attribution.domain.deal_value import booked_value
from attribution.identity import KEYS, hashes
from attribution.models import CrmConnection, Deal
from stratum.core.clock import now as clock_now
from stratum.core.models import Workspace
from stratum.core.money import to_minor
from stratum.platforms.hubspot import CrmDeal, CrmStage

MOST_MINOR = 10**15
CONTACT_KEYS = {
    "click": "hs_facebook_click_id",
    "anonymous": "stratum_anonymous_id",
    "fingerprint": "stratum_fingerprint",
    "ip": "stratum_ip",
    "email": "email",
}


def store_crm_deal(
    workspace: Workspace, portal: CrmConnection, crm: CrmDeal, stages: dict[tuple[str, str], CrmStage]
) -> Deal:
    """Writes the deal as the CRM has it now, locked for the caller's transaction, unless what is stored is newer."""
    stage = stages.get((crm.text("pipeline"), crm.text("dealstage")))
    amount, missing = _amount(workspace, portal, crm)
    is_closed, is_won = _closed_and_won(crm, stage)
    probability = stage.probability if stage else crm.decimal("hs_deal_stage_probability")
    if probability is None and not is_closed:
        missing = missing or "its stage has no probability"
    fields: dict[str, Any] = {
        "connection": portal,
        "name": crm.text("dealname")[:240],
        "stage_label": stage.label if stage else crm.text("dealstage")[:160],
        "probability": probability,
        "is_won": is_won,
        "is_closed": is_closed,
        "removed_at": None,
        "amount": amount,
        "value": booked_value(amount, probability, is_won=is_won, is_closed=is_closed),
        "unvalued_because": missing,
        "created_at": crm.instant("createdate") or clock_now(),
        "updated_at": crm.instant("hs_lastmodifieddate") or clock_now(),
    }
    return write_deal(workspace, crm.deal_id, fields, _keys(workspace, crm))


def write_deal(workspace: Workspace, external_id: str, fields: dict[str, Any], keys: dict[str, int | None]) -> Deal:
    """Creates or updates a deal, unless the stored state is newer, and returns it with its row lock held."""
    Deal.objects.bulk_create(
        [Deal(workspace=workspace, external_id=external_id, **fields, **keys)], ignore_conflicts=True
    )
    deal = Deal.objects.select_for_update().get(external_id=external_id)
    if fields["updated_at"] >= deal.updated_at:
        # A key that was seen once stays: CRMs overwrite contact properties with blanks.
        for name, value in fields.items() | {(name, value) for name, value in keys.items() if value is not None}:
            setattr(deal, name, value)
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


def _amount(workspace: Workspace, portal: CrmConnection, crm: CrmDeal) -> tuple[int | None, str]:
    """Minor units of the workspace's currency, and why there is none.

    HubSpot gives each deal in its own currency and in the portal's home currency; one of the two must be the workspace's.
    """
    home = portal.home_currency or workspace.currency
    currency = (crm.text("deal_currency_code") or home).upper()
    amounts = {home: crm.decimal("amount_in_home_currency"), currency: crm.decimal("amount")}
    amount = amounts.get(workspace.currency)
    if amount is None:
        return None, _why_not(workspace, currency, crm)
    minor = to_minor(amount, workspace.currency)
    return (minor, "") if abs(minor) < MOST_MINOR else (None, "its amount is too large to be meant")


def _why_not(workspace: Workspace, currency: str, crm: CrmDeal) -> str:
    if not crm.text("amount"):
        return "it has no amount"
    if crm.decimal("amount") is None:
        return "its amount is not a number"
    return f"its amount in {currency} has no value in {workspace.currency}"


def _closed_and_won(crm: CrmDeal, stage: CrmStage | None) -> tuple[bool, bool]:
    """From HubSpot's calculated properties, else from the stage's metadata; never from the name of a stage."""
    closed, won = crm.flag("hs_is_closed"), crm.flag("hs_is_closed_won")
    if closed is None and stage:
        closed = stage.is_closed
    if won is None and stage:
        won = stage.is_closed and stage.probability == Decimal(1)
    return bool(closed), bool(won)


def _keys(workspace: Workspace, crm: CrmDeal) -> dict[str, int | None]:
    """The identifiers of the first contact that has each; several contacts fill each other's gaps."""
    values = {
        key: next((c.properties[name] for c in crm.contacts if c.properties.get(name)), None)
        for key, name in CONTACT_KEYS.items()
    }
    return hashes(workspace.pk, {key: values.get(key) for key in KEYS})
