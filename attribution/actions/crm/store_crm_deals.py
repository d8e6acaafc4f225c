from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from attribution.actions.crm.store_contacts import crm_clicks, link_contacts, store_crm_contacts
from attribution.actions.crm.store_history import closed_and_won, store_stage_changes
from attribution.actions.deals.store_deals import DealState, write_deals
from attribution.actions.deals.value_deal import ToldAmount
from attribution.domain.clicks_of_contact import clicks_of, merged
from attribution.identity import hashed
from attribution.models import Contact, CrmConnection, Deal
from stratum.core.clock import now as clock_now
from stratum.core.models import Workspace
from stratum.core.periods import local_day
from stratum.platforms.hubspot_objects import CrmDeal, CrmStage

CONTACT_KEYS = {
    "anonymous": "stratum_anonymous_id",
    "fingerprint": "stratum_fingerprint",
    "ip": "stratum_ip",
    "email": "email",
    "phone": "phone",
    "company": "company",
}


def store_crm_deals(
    workspace: Workspace, portal: CrmConnection, told: Iterable[CrmDeal], stages: dict[tuple[str, str], CrmStage]
) -> list[Deal]:
    """Writes deals as the CRM has them now, with their people, stages and links, unless what is stored is newer.

    Returns them in the order of their ids, locked for the caller's transaction.
    """
    crm_deals = {crm.deal_id: crm for crm in told}
    people = {one.contact_id: one for crm in crm_deals.values() for one in crm.contacts}
    contacts = store_crm_contacts(workspace, portal, people.values(), now=clock_now())
    deals = write_deals(workspace, [_state(workspace, portal, crm, stages, contacts) for crm in crm_deals.values()])
    store_stage_changes([(deal, crm_deals[deal.external_id]) for deal in deals], stages)
    link_contacts({deal: [one.contact_id for one in crm_deals[deal.external_id].contacts] for deal in deals})
    return deals


def _state(
    workspace: Workspace,
    portal: CrmConnection,
    crm: CrmDeal,
    stages: dict[tuple[str, str], CrmStage],
    contacts: dict[str, Contact],
) -> DealState:
    stage = stages.get((crm.text("pipeline"), crm.text("dealstage")))
    is_closed, is_won = closed_and_won(crm, stage)
    first = next((contacts[one.contact_id] for one in crm.contacts if one.properties), None)
    # Who was erased leaves no keys behind either.
    crm = replace(crm, contacts=tuple(one for one in crm.contacts if not contacts[one.contact_id].erased_at))
    fields = {
        "connection": portal,
        "name": "" if first and first.erased_at else crm.text("dealname")[:240],
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
        "contact": first,
        "form_id": _of_contacts(crm, "stratum_form_id")[:80],
        "region": _of_contacts(crm, "ip_country_code").upper()[:2],
    }
    return DealState(crm.deal_id, fields, _keys(workspace, crm, contacts), _told_amount(workspace, portal, crm))


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


def _of_contacts(crm: CrmDeal, name: str) -> str:
    """From the first contact that has it; several contacts fill each other's gaps."""
    return next((one.text(name) for one in crm.contacts if one.text(name)), "")


def _keys(workspace: Workspace, crm: CrmDeal, contacts: dict[str, Contact]) -> dict[str, int | None]:
    raw = {key: _of_contacts(crm, name) for key, name in CONTACT_KEYS.items()}
    known = [click for one in crm.contacts for click in clicks_of(contacts[one.contact_id].__dict__)]
    clicks = merged([click for one in crm.contacts for click in crm_clicks(one)], known)
    raw["contact"] = next((one.contact_id for one in crm.contacts if one.properties), "")
    click, other = (*(hashed(workspace.pk, "click", one.value) for one in clicks), None, None)[:2]
    keys = {f"{key}_hash": hashed(workspace.pk, key, value) for key, value in raw.items()}
    return keys | {"click_hash": click, "other_click_hash": other}
