"""People as the CRM or an import tells them, encrypted. What was known stays known; who was erased stays erased."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attribution.identity import hashed
from attribution.models import Contact, CrmConnection, Deal, DealContact
from stratum.core.models import Workspace
from stratum.platforms.hubspot_objects import CrmContact

PROPERTIES = {
    "email": "email",
    "phone": "phone",
    "first_name": "firstname",
    "last_name": "lastname",
    "city": "city",
    "postal_code": "zip",
    "country": "country",
    "ip": "stratum_ip",
    "user_agent": "stratum_user_agent",
    "fbp": "stratum_fbp",
}
CLICK_IDS = {"fbclid": "hs_facebook_click_id", "gclid": "hs_google_click_id"}
CONSENT = {"true": 2, "granted": 2, "false": 0, "denied": 0}
HASHED = ("email", "phone", "company")


def store_crm_contacts(
    workspace: Workspace, portal: CrmConnection, contacts: Sequence[CrmContact], *, now: datetime
) -> list[Contact]:
    """The contacts as rows, in the order given, filled with what the CRM tells of them now."""
    stored = {}
    # Locked in one order by everybody, so that deals with the same contacts wait for each other and do not lock up.
    for one in sorted(contacts, key=lambda one: one.contact_id):
        company = one.text("company")
        at = one.instant("lastmodifieddate") or now
        stored[one.contact_id] = store_contact(
            workspace, one.contact_id, _fields(one), company=company, portal=portal, at=at
        )
    return [stored[one.contact_id] for one in contacts]


def store_contact(
    workspace: Workspace,
    external_id: str,
    known: dict[str, Any],
    *,
    company: str | None = None,
    portal: CrmConnection | None = None,
    at: datetime,
) -> Contact:
    """Creates or fills one contact with what was known of it at an instant, and returns it.

    Blanks overwrite nothing, what is older than the stored state only fills gaps, and an erased contact takes nothing in.
    """
    blank = Contact(workspace=workspace, external_id=external_id, connection=portal, updated_at=at)
    Contact.objects.bulk_create([blank], ignore_conflicts=True)
    contact = Contact.objects.select_for_update().get(external_id=external_id)
    if contact.erased_at:
        return contact
    told = {name: value for name, value in known.items() if value not in (None, "")}
    if told.get("click_id") not in (None, contact.click_id):
        told.setdefault("click_id_seen_at", at)
    for name, raw in (("email", told.get("email")), ("phone", told.get("phone")), ("company", company)):
        told |= {f"{name}_hash": hashed(workspace.pk, name, raw)} if raw else {}
    if at < contact.updated_at:
        told = {name: value for name, value in told.items() if getattr(contact, name) in (None, "")}
    told["updated_at"] = max(at, contact.updated_at)
    changed = {name: value for name, value in told.items() if getattr(contact, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(contact, name, value)
        contact.save(update_fields=list(changed))
    return contact


def link_contacts(deal: Deal, contacts: Sequence[CrmContact]) -> None:
    """Who belongs to the deal now, as the CRM says."""
    ids = {one.contact_id for one in contacts}
    DealContact.objects.filter(deal=deal).exclude(contact_external_id__in=ids).delete()
    links = [DealContact(workspace_id=deal.workspace_id, deal=deal, contact_external_id=one) for one in sorted(ids)]
    DealContact.objects.bulk_create(links, ignore_conflicts=True)


def _fields(crm: CrmContact) -> dict[str, Any]:
    kind = next((kind for kind, name in CLICK_IDS.items() if crm.text(name)), None)
    lead = re.search(r"\d{1,18}$", crm.text("stratum_meta_lead_id"), re.ASCII)
    return {
        **{field: crm.text(name) for field, name in PROPERTIES.items()},
        "country": crm.text("country")[:60],
        "click_id": crm.text(CLICK_IDS[kind]) if kind else "",
        "click_id_kind": kind,
        "click_id_seen_at": crm.instant("stratum_click_id_seen_at") if kind else None,
        "meta_lead_id": int(lead[0]) if lead else None,
        "consent": CONSENT.get(crm.text("hs_data_privacy_ads_consent").lower()),
        "created_at": crm.instant("createdate"),
    }
