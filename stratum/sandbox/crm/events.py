"""Turns a change of a record into the event a webhook subscription would carry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stratum.sandbox.crm.records import KINDS, TYPE_IDS, Record, Source
from stratum.sandbox.market.randomness import unit

SINGULAR = {"deals": "deal", "contacts": "contact", "companies": "company"}
WATCHED_DEAL_PROPERTIES = ("dealstage", "amount", "pipeline", "deal_currency_code")
SUBSCRIPTIONS = {
    "deal.creation": 7662260, "deal.deletion": 7662261, "deal.merge": 7662262, "deal.restore": 7662263,
    "deal.propertyChange": 7662264, "contact.creation": 7662270, "contact.deletion": 7662271, "contact.merge": 7662272,
    "deal.associationChange": 7662280, "contact.associationChange": 7662281,
}  # fmt: skip
GENERIC_SHARE = 0.2


@dataclass(frozen=True)
class WebhookEvent:
    number: int
    occurred_at: datetime
    body: dict[str, Any]


def association(record: Record, far: Record, *, removed: bool, generic: bool) -> dict[str, Any]:
    """What a subscription to `record`'s side is told when it is tied to `far`, or untied. `generic`: by ids of types, no names."""
    body: dict[str, Any] = {
        "fromObjectId": int(record.id),
        "toObjectId": int(far.id),
        "associationRemoved": removed,
        "isPrimaryAssociation": False,
    }
    if not generic:
        return body | {"associationType": f"{SINGULAR[record.kind]}_TO_{SINGULAR[far.kind]}".upper()}
    return body | {
        "subscriptionType": "object.associationChange",
        "associationCategory": "HUBSPOT_DEFINED",
        "associationTypeId": TYPE_IDS[record.kind, far.kind],
        "fromObjectTypeId": KINDS[record.kind],
        "toObjectTypeId": KINDS[far.kind],
    }


def is_subscribed(record: Record, what: str, extra: dict[str, Any]) -> bool:
    if f"{SINGULAR[record.kind]}.{what}" not in SUBSCRIPTIONS:
        return False
    return what != "propertyChange" or extra["propertyName"] in WATCHED_DEAL_PROPERTIES


def webhook_event(
    number: int,
    record: Record,
    what: str,
    extra: dict[str, Any],
    at: datetime,
    source: Source,
    *,
    seed: int,
    portal: int,
    app: int,
) -> WebhookEvent:
    """One element of a delivery. Event ids come from a small range: they are not promised to be unique."""
    classic = f"{SINGULAR[record.kind]}.{what}"
    body: dict[str, Any] = {
        "eventId": 1_000_000 + int(unit(seed, "event", number) * 900_000_000) // 40 * 40,
        "subscriptionId": SUBSCRIPTIONS[classic],
        "portalId": portal,
        "appId": app,
        "occurredAt": int(at.timestamp() * 1000),
        "subscriptionType": classic,
        "attemptNumber": 0,
        "objectId": int(record.id),
        "changeSource": source.name,
        "sourceId": source.id,
        **extra,
    }
    if what == "associationChange":
        del body["objectId"]
    if what == "creation":
        body["changeFlag"] = "NEW"
    if what == "propertyChange" and unit(seed, "format", number) < GENERIC_SHARE:
        body.update(subscriptionType="object.propertyChange", objectTypeId=KINDS[record.kind], isSensitive=False)
    return WebhookEvent(number, at, body)
