from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.db.models import Q

from attribution.models import CrmEvent, DeadLetter, InboxDelivery, MessageDelivery

ERASED = "(erased)"


def redact_deliveries(*, contact_ids: set[str], names: set[str]) -> int:
    """Takes a person out of raw deliveries, and returns how many held something of them. `names`: addresses, numbers, ids as told.

    Values of the contact's properties go, and so does each of the names wherever a body holds it. Deliveries stay known by the
    digest of what had come, and events by what they say of their object, so that reading one again still adds nothing.
    """
    events = CrmEvent.objects.filter(object_type="contact", object_id__in=contact_ids)
    found = 0
    for model, wanted in (
        (InboxDelivery, Q(pk__in=events.values("delivery_id")) | _holding(names)),
        (MessageDelivery, _holding(names)),
    ):
        for delivery in model.objects.filter(wanted):
            body = _redacted(bytes(delivery.body), contact_ids, names)
            if body != bytes(delivery.body):
                found += model.objects.filter(pk=delivery.pk).update(body=body)
    for letter in DeadLetter.objects.filter(_holding(names, "fragment__contains", str)):
        DeadLetter.objects.filter(pk=letter.pk).update(fragment=_without(letter.fragment.encode(), names).decode())
    return found


def _holding(names: set[str], how: str = "body__holds", of: type = bytes) -> Q:
    wanted = Q(pk=None)
    for spelling in _spellings(names):
        wanted |= Q(**{how: spelling if of is bytes else spelling.decode()})
    return wanted


def _spellings(names: set[str]) -> list[bytes]:
    """As text and as JSON may write it: escaped or not, and without regard to the case of an address."""
    written = {
        form for name in names for form in (name, name.lower(), json.dumps(name)[1:-1], name.replace("+", "\\u002b"))
    }
    return [one.encode() for one in sorted(written, key=len, reverse=True) if one]


def _redacted(body: bytes, contact_ids: set[str], names: set[str]) -> bytes:
    try:
        events = json.loads(body)
    except ValueError:
        return _without(body, names)
    theirs = [event for event in events if _is_of(event, contact_ids)] if isinstance(events, list) else []
    for event in theirs:
        event["propertyValue"] = ERASED
    return _without(json.dumps(events).encode() if theirs else body, names)


def _is_of(event: Any, contact_ids: set[str]) -> bool:
    if not isinstance(event, dict) or "propertyValue" not in event or str(event.get("objectId")) not in contact_ids:
        return False
    kind = str(event.get("subscriptionType") or event.get("eventType"))
    return kind.startswith("contact.") or event.get("objectTypeId") == "0-1"


def _without(body: bytes, names: set[str]) -> bytes:
    for spelling in _spellings(names):
        body = body.replace(spelling, ERASED.encode())
    return body


@models.BinaryField.register_lookup
class Holds(models.Lookup):
    """Whether raw bytes hold others."""

    lookup_name = "holds"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        body, of_body = self.process_lhs(compiler, connection)
        part, of_part = self.process_rhs(compiler, connection)
        return f"position({part}::bytea IN {body}) > 0", [*of_part, *of_body]
