"""People as the CRM or an import tells them, encrypted. What was known stays known; who was erased stays erased."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from attribution.actions.people.remember_erased import erased_among
from attribution.domain.click_ids import kind_of
from attribution.domain.clicks_of_contact import CLICK_FIELDS, Click, clicks_of, fields_of_clicks, merged
from attribution.domain.landing_address import Landing, read_address
from attribution.identity import PERSON_KINDS, hashed
from attribution.models import Contact, CrmConnection, Deal, DealContact
from stratum.core.clock import now as clock_now
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
LANDING_PAGES = ("hs_analytics_last_url", "hs_analytics_first_url")
CONSENT = {"true": 2, "granted": 2, "false": 0, "denied": 0}
FILLED = [
    *PROPERTIES,
    *CLICK_FIELDS,
    *("meta_lead_id", "consent", "created_at", "updated_at"),
    *("email_hash", "phone_hash", "company_hash"),
]


@dataclass(frozen=True)
class Known:
    """What was known of a contact at an instant: fields of the model, and the company that has only a hash here."""

    external_id: str
    fields: dict[str, Any]
    at: datetime
    company: str = ""


def store_crm_contacts(
    workspace: Workspace, portal: CrmConnection, told: Iterable[CrmContact], *, now: datetime
) -> dict[str, Contact]:
    """The contacts as rows by their ids, filled with what the CRM tells of them now."""
    known = [
        Known(one.contact_id, _fields(one), one.instant("lastmodifieddate") or now, one.text("company")) for one in told
    ]
    return store_contacts(workspace, known, portal=portal)


def store_contacts(
    workspace: Workspace, told: Iterable[Known], *, portal: CrmConnection | None = None
) -> dict[str, Contact]:
    """Creates or fills contacts, one `Known` each, and returns them by their ids.

    Blanks overwrite nothing, what is older than the stored state only fills gaps, and an erased contact takes nothing in.
    Rows are locked in the order of their ids, so that two writers wait and do not lock each other up.
    """
    by_id = {one.external_id: one for one in told}
    blanks = [
        Contact(workspace=workspace, external_id=one, connection=portal, updated_at=by_id[one].at)
        for one in sorted(by_id)
    ]
    Contact.objects.bulk_create(blanks, ignore_conflicts=True)
    contacts = list(Contact.objects.select_for_update().filter(external_id__in=list(by_id)).order_by("external_id"))
    _stay_erased(workspace, contacts, by_id)
    changed = [one for one in contacts if not one.erased_at and _fill(workspace, one, by_id[one.external_id])]
    if changed:
        Contact.objects.bulk_create(changed, update_conflicts=True, unique_fields=["id"], update_fields=FILLED)
    return {contact.external_id: contact for contact in contacts}


def _stay_erased(workspace: Workspace, contacts: Sequence[Contact], told: dict[str, Known]) -> None:
    """Who was erased under one name is not let in under another."""
    keys = {
        contact: {
            (PERSON_KINDS[name], hashed(workspace.pk, name, raw))
            for name, raw in (
                ("contact", contact.external_id),
                ("email", told[contact.external_id].fields.get("email")),
                ("phone", told[contact.external_id].fields.get("phone")),
            )
            if raw
        }
        for contact in contacts
        if not contact.erased_at
    }
    gone = erased_among({key for of_contact in keys.values() for key in of_contact})
    for contact, of_contact in keys.items():
        if of_contact & gone:
            erase_contact(contact, now=clock_now())


def erase_contact(contact: Contact, *, now: datetime) -> None:
    """Blanks all that is known of a contact; only its id stays, so that it is known to be erased."""
    for field in Contact._meta.concrete_fields:
        if field.name in FILLED and field.name != "updated_at":
            setattr(contact, field.name, field.get_default())
    contact.erased_at = now
    contact.save()


def _fill(workspace: Workspace, contact: Contact, known: Known) -> bool:
    told = {name: value for name, value in known.fields.items() if value not in (None, "") and name not in CLICK_FIELDS}
    is_older = known.at < contact.updated_at
    stored, new = clicks_of(contact.__dict__), clicks_of(known.fields)
    clicks = fields_of_clicks(merged(stored, new) if is_older else merged(new, stored))
    for name, raw in (("email", told.get("email")), ("phone", told.get("phone")), ("company", known.company)):
        told |= {f"{name}_hash": hashed(workspace.pk, name, raw)} if raw else {}
    if is_older:
        told = {name: value for name, value in told.items() if getattr(contact, name) in (None, "")}
    told |= clicks
    told["updated_at"] = max(known.at, contact.updated_at)
    changed = {name: value for name, value in told.items() if getattr(contact, name) != value}
    for name, value in changed.items():
        setattr(contact, name, value)
    return bool(changed)


def link_contacts(links: dict[Deal, Sequence[str]]) -> None:
    """Who belongs to each deal now, as the CRM says."""
    known: dict[Deal, set[str]] = {deal: set() for deal in links}
    deals = {deal.pk: deal for deal in links}
    for row in DealContact.objects.filter(deal__in=list(links)):
        if row.contact_external_id in links[deals[row.deal_id]]:
            known[deals[row.deal_id]].add(row.contact_external_id)
        else:
            row.delete()
    DealContact.objects.bulk_create(
        [
            DealContact(workspace_id=deal.workspace_id, deal=deal, contact_external_id=one)
            for deal, ids in links.items()
            for one in sorted(set(ids) - known[deal])
        ],
        ignore_conflicts=True,
    )


def _landing(crm: CrmContact) -> Landing | None:
    """The newest page of the contact's visits that an ad brought, as the CRM's own tracking saw it."""
    pages = (read_address(crm.text(name)) for name in LANDING_PAGES)
    return next((page for page in pages if page.is_paid), None)


def crm_clicks(crm: CrmContact) -> list[Click]:
    """The click ids of the contact's properties, one a platform: the tag's own first, because HubSpot knows two kinds and the tag more."""
    by_tag = crm.text("stratum_click_id")
    properties = (
        (by_tag, crm.text("stratum_click_id_kind")),
        *((crm.text(name), kind) for kind, name in CLICK_IDS.items()),
    )
    told = [Click(value, kind_of(value, named)) for value, named in properties if value]
    found = merged(sorted(told, key=lambda one: not one.kind), ())
    # The tag's moment is that of the click id it kept; where the CRM does not say which, of the only one there is.
    seen_at = crm.instant("stratum_click_id_seen_at")
    dated = by_tag or (found[0].value if len(found) == 1 else "")
    return [replace(one, seen_at=seen_at) if one.value == dated else one for one in found]


def _clicks(crm: CrmContact) -> list[Click]:
    found = crm_clicks(crm)
    if not found and (landing := _landing(crm)) and landing.click:
        return [Click(landing.click.value, landing.click.kind, crm.instant("stratum_click_id_seen_at"))]
    return found


def _fields(crm: CrmContact) -> dict[str, Any]:
    lead = re.search(r"\d{1,18}$", crm.text("stratum_meta_lead_id"), re.ASCII)
    return {
        **{field: crm.text(name) for field, name in PROPERTIES.items()},
        "country": crm.text("country")[:60],
        **fields_of_clicks(_clicks(crm)),
        "meta_lead_id": int(lead[0]) if lead else None,
        "consent": CONSENT.get(crm.text("hs_data_privacy_ads_consent").lower()),
        "created_at": crm.instant("createdate"),
    }
