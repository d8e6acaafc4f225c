"""From stored rows, or from what a caller gave us, to the conversion that the domain knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db.models import Min, QuerySet
from django.db.models.functions import Coalesce

from attribution.domain.click_ids import kind_of, readable_fbc
from attribution.domain.clicks_of_contact import clicks_of
from attribution.domain.conversions.conversion import PURCHASE, Conversion, LimitedUse, stop
from attribution.domain.conversions.passed_on import not_passed_on, passed_on
from attribution.domain.user_data.findings import Finding
from attribution.domain.user_data.person import Person, person_of
from attribution.identity import hashed
from attribution.models import Contact, ConversionEvent, Touchpoint
from attribution.row_fields import CONVERSION
from stratum.core.crypto import keyed_hash
from stratum.core.currencies import currencies
from stratum.core.models import Workspace
from stratum.core.money import to_major
from stratum.core.rows import read_row

CLICK_ID_OF = {"meta": "fbclid", "google": "gclid"}


def event_id_of(workspace_id: int, *parts: str) -> str:
    """The same for the same thing, whoever asks and however often; nobody outside can tell the deal from it."""
    return keyed_hash(workspace_id, "conversion", json.dumps(parts)).hex()[:40]


def conversion_of(event: ConversionEvent, workspace: Workspace) -> Conversion:
    """What the outbox row stands for, with the person as known now and the deal's value of now."""
    if event.body:
        given = json.loads(event.body)
        return given_conversion(given, event_id=event.event_id, platform=event.destination.platform)
    deal = event.deal
    contact = deal.contact if deal else None
    is_purchase = event.name == PURCHASE and deal is not None and deal.amount is not None
    return Conversion(
        name=event.name,
        event_id=event.event_id,
        occurred_at=event.occurred_at,
        person=person_of_contact(contact),
        value=to_major(deal.amount, workspace.currency) if is_purchase else None,
        currency=workspace.currency if is_purchase else "",
        findings=_no_currency(workspace.currency) if is_purchase else (),
        lead_at=deal.created_at if deal else None,
        consent=contact.consent if contact else None,
    )


def given_conversion(given: Mapping[str, Any], *, event_id: str, platform: str) -> Conversion:
    """A conversion as a caller describes it. BadRow names every field that cannot be read."""
    custom = given.get("custom_data") if isinstance(given.get("custom_data"), Mapping) else {}
    row = read_row({**custom, **{name: value for name, value in given.items() if value is not None}}, CONVERSION)
    return Conversion(
        name=row["event_name"],
        event_id=event_id,
        occurred_at=row["event_time"],
        person=person_of(given, click_id_is=CLICK_ID_OF[platform], clicked_at=row["clicked_at"]),
        action_source=row["action_source"],
        value=row["value"],
        currency=row["currency"].upper(),
        source_url=row["event_source_url"],
        consent=row["consent"],
        limited_use=_limited_use(given, row),
        more={key: value for key, value in custom.items() if key not in ("value", "currency")},
        passed_on=passed_on(given),
        findings=(*_no_currency(row["currency"]), *not_passed_on(given)),
    )


def _no_currency(currency: str) -> tuple[Finding, ...]:
    if not currency or currency.upper() in currencies():
        return ()
    return (stop("unknown_currency", "currency", "It must be the code of a currency in use (ISO 4217), such as USD."),)


def _limited_use(given: Mapping[str, Any], row: Mapping[str, Any]) -> LimitedUse | None:
    options = given.get("data_processing_options")
    if not isinstance(options, list):
        return None
    country, state = row["data_processing_options_country"], row["data_processing_options_state"]
    return LimitedUse("LDU" in options, country, state)


def person_of_contact(contact: Contact | None) -> Person:
    if contact is None or contact.erased_at is not None:
        return Person()
    known = {
        "em": contact.email,
        "ph": contact.phone,
        "fn": contact.first_name,
        "ln": contact.last_name,
        "ct": contact.city,
        "zp": contact.postal_code,
        "country": contact.country,
        "client_ip_address": contact.ip,
        "client_user_agent": contact.user_agent,
        "fbp": contact.fbp,
        "external_id": contact.external_id,
        "lead_id": str(contact.meta_lead_id or ""),
    }
    moments = {}
    for click in clicks_of(contact.__dict__):
        seen = Touchpoint.objects.filter(click_hash=hashed(contact.workspace_id, "click", click.value))
        kind = kind_of(click.value, click.kind) or _kind_by_touches(seen)
        if kind:  # whose click it is has to be known before anybody is told of it
            known.setdefault("fbc" if readable_fbc(click.value) else kind, click.value)
            # First seen by the site's own tag, else as the CRM says.
            seen_at = seen.aggregate(at=Min(Coalesce("click_id_seen_at", "occurred_at")))["at"]
            moments.setdefault(kind, seen_at or click.seen_at)
    return Person({name: (value,) for name, value in known.items() if value}, clicks_at=moments)


def _kind_by_touches(seen: QuerySet[Touchpoint]) -> str:
    """The kind of a click id as the site's own tag saw it."""
    return seen.exclude(click_id_kind="").order_by("id").values_list("click_id_kind", flat=True).first() or ""
