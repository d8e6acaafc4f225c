"""What HubSpot does to events on their way: ids that repeat, the generic format, everything at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stratum.sandbox.crm.events import WebhookEvent
from stratum.sandbox.crm.records import KINDS
from stratum.sandbox.faults import Faults

ONE_ID_FOR_ALL = 1_000_000
TYPE_IDS = {"deal": KINDS["deals"], "contact": KINDS["contacts"], "company": KINDS["companies"]}


def disturbed(events: list[WebhookEvent], faults: Faults) -> list[WebhookEvent]:
    """The events as they go out when `same_event_id` or `generic_format` strikes."""
    if faults.take("same_event_id"):
        events = [replace(event, body={**event.body, "eventId": ONE_ID_FOR_ALL}) for event in events]
    if faults.take("generic_format"):
        events = [replace(event, body=_generic(event.body)) for event in events]
    return events


def _generic(body: dict[str, Any]) -> dict[str, Any]:
    kind, _, what = body["subscriptionType"].partition(".")
    if kind == "object":
        return body
    return {**body, "subscriptionType": f"object.{what}", "objectTypeId": TYPE_IDS[kind], "isSensitive": False}
