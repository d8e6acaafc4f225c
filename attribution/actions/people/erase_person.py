"""A person is forgotten and the money stays: contact, keys, edges, raw deliveries. The ledger does not move by a cent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from attribution.actions.conversions.forget_conversions import forget_conversions
from attribution.actions.crm.redact_deliveries import redact_deliveries
from attribution.actions.crm.store_contacts import erase_contact
from attribution.actions.people.link_keys import derive_people, lock_people, same_people
from attribution.actions.people.remember_erased import remember_erased
from attribution.domain.identity import ANONYMOUS, COMPANY, CONTACT, EMAIL, PHONE, Key
from attribution.domain.user_data.person import Person, person_of
from attribution.identity import hashed, keys_naming
from attribution.models import Contact, ConversionDestination, Deal, IdentityEdge, PersonKey, Touchpoint
from attribution.payloads import person_of_contact
from stratum.core import audit
from stratum.core.models import Workspace

KEYS = ("click", "other_click", "anonymous", "fingerprint", "ip", "email", "phone", "contact", "company")
OF_TOUCHPOINT = ("click", "anonymous", "fingerprint", "ip", "email")
NAMES = ((EMAIL, "email"), (PHONE, "phone"), (CONTACT, "contact"))


@dataclass(frozen=True)
class Erased:
    contacts: int
    deals: int
    touchpoints: int
    edges: int
    conversions: int
    deliveries: int


@transaction.atomic
def erase_person(
    workspace: Workspace, *, email: str = "", phone: str = "", contact_id: str = "", actor: str, now: datetime
) -> Erased:
    """Erases whoever has this address, number or contact id, and says how much was theirs; erasing again finds nothing.

    What comes in later with one of their keys is taken for nobody's: a keyed hash of each is kept for that alone. Their deals
    keep value and credits, and are never matched again, because matching without keys would move the money. A browser that
    others were seen with as well keeps its id.
    """
    lock_people(workspace)
    given = {(kind, hashed(workspace.pk, name, raw)) for (kind, name), raw in zip(NAMES, (email, phone, contact_id), strict=True) if raw}  # fmt: skip
    contacts = _contacts(workspace, given, contact_id)
    keys = same_people(given | {key for one in contacts for key in _keys_of(workspace, one)})
    shared = _seen_with_others(keys)
    theirs = keys - shared
    told = {key for one in contacts for key in _as_told(workspace, person_of_contact(one))} | _as_told(
        workspace, person_of({"em": email, "ph": phone, "external_id": contact_id}, click_id_is="")
    )
    ids = {one.external_id for one in contacts} | ({contact_id} if contact_id else set())
    names = {
        name for one in contacts for name in (one.email, one.phone, one.fbp, one.click_id, one.other_click_id, one.ip)
    } | {
        email,
        phone,
    }
    erased = Erased(
        contacts=len(contacts),
        touchpoints=_blank_touchpoints(keys, theirs, _deals(contacts, theirs)),
        deals=_blank_deals(contacts, theirs, now),
        edges=_drop_edges(theirs, shared),
        conversions=forget_conversions(theirs | told),
        deliveries=redact_deliveries(contact_ids=ids, names={name for name in names if name}),
    )
    for contact in contacts:
        erase_contact(contact, now=now)
    remember_erased(workspace, {key for key in theirs | told if key[0] in (EMAIL, PHONE, CONTACT)}, now=now)
    audit.record("person erased", workspace, actor=actor, **erased.__dict__)
    return erased


def _contacts(workspace: Workspace, given: set[Key], contact_id: str) -> list[Contact]:
    wanted = Q(external_id=contact_id) if contact_id else Q(pk=None)
    for kind, column in ((EMAIL, "email_hash"), (PHONE, "phone_hash")):
        wanted |= Q(**{f"{column}__in": [key_hash for of_kind, key_hash in given if of_kind == kind]})
    return list(Contact.objects.select_for_update().filter(wanted, erased_at=None).order_by("external_id"))


def _keys_of(workspace: Workspace, contact: Contact) -> set[Key]:
    found = {
        (CONTACT, hashed(workspace.pk, "contact", contact.external_id)),
        (EMAIL, contact.email_hash),
        (PHONE, contact.phone_hash),
    }
    return {key for key in found if key[1] is not None}


def _as_told(workspace: Workspace, person: Person) -> set[Key]:
    """The keys of a person in every spelling that a destination of conversions may be told."""
    regions = {"", *ConversionDestination.objects.order_by().values_list("default_region", flat=True)}
    return {key for region in regions for key in keys_naming(workspace.pk, person, region)}


def _seen_with_others(keys: set[Key]) -> set[Key]:
    """Browsers among the keys that were also seen with somebody else: they are not this person's alone."""
    browsers = [key_hash for kind, key_hash in keys if kind == ANONYMOUS]
    edges = IdentityEdge.objects.filter(retracted_at=None)
    found = set()
    for side, other in (("left", "right"), ("right", "left")):
        rows = edges.filter(**{f"{side}_kind": ANONYMOUS, f"{side}_hash__in": browsers})
        for browser, kind, key_hash in rows.values_list(f"{side}_hash", f"{other}_kind", f"{other}_hash"):
            if kind != COMPANY and (kind, key_hash) not in keys:
                found.add((ANONYMOUS, browser))
    return found


def _deals(contacts: list[Contact], keys: set[Key]) -> QuerySet[Deal]:
    wanted = Q(contact__in=contacts)
    for kind, name in (*NAMES, (ANONYMOUS, "anonymous")):
        wanted |= Q(**{f"{name}_hash__in": [key_hash for of_kind, key_hash in keys if of_kind == kind]})
    return Deal.objects.filter(wanted, erased_at=None)


def _blank_deals(contacts: list[Contact], keys: set[Key], now: datetime) -> int:
    blank = dict.fromkeys(f"{name}_hash" for name in KEYS)
    return _deals(contacts, keys).update(name="", region="", erased_at=now, **blank)


def _blank_touchpoints(keys: set[Key], theirs: set[Key], deals: QuerySet[Deal]) -> int:
    """Blanks the person's touches, and those with the click ids of their deals; of a browser of others only the click id goes."""
    wanted = Q(email_hash__in=[key_hash for kind, key_hash in theirs if kind == EMAIL])
    wanted |= Q(anonymous_hash__in=[key_hash for kind, key_hash in theirs if kind == ANONYMOUS])
    pairs = deals.values_list("click_hash", "other_click_hash")
    clicks = [click for pair in pairs for click in pair if click is not None]
    clicked = Touchpoint.objects.filter(click_hash__in=clicks)
    browsers = {(ANONYMOUS, one) for one in clicked.values_list("anonymous_hash", flat=True) if one is not None}
    of_others = [key_hash for _, key_hash in _seen_with_others(keys | browsers)]
    no_click = {"click_hash": None, "fbc": "", "click_id_kind": "", "click_id_seen_at": None}
    blank = no_click | {"fbp": "", "user_agent": ""} | dict.fromkeys(f"{name}_hash" for name in OF_TOUCHPOINT)
    found = (
        Touchpoint.objects.filter(wanted | Q(click_hash__in=clicks))
        .exclude(~wanted, anonymous_hash__in=of_others)
        .update(**blank)
    )
    return found + clicked.update(**no_click)


def _drop_edges(theirs: set[Key], shared: set[Key]) -> int:
    dropped = 0
    for kind in {kind for kind, _ in theirs}:
        hashes = [key_hash for of_kind, key_hash in theirs if of_kind == kind]
        edges = Q(left_kind=kind, left_hash__in=hashes) | Q(right_kind=kind, right_hash__in=hashes)
        dropped += IdentityEdge.objects.filter(edges).delete()[0]
        PersonKey.objects.filter(kind=kind, key_hash__in=hashes).delete()
    if shared:
        derive_people(shared)
    return dropped
