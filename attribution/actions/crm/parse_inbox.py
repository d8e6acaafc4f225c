"""Raw deliveries into events: each event once, each unreadable one a dead letter, each touched deal queued."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from django.db import OperationalError, connection, transaction

from attribution.actions.crm.queue_deals import queue_deals
from attribution.actions.people.erase_person import erase_person
from attribution.domain.hubspot_events import Event, Rejected, read_delivery
from attribution.models import CrmConnection, DeadLetter, InboxDelivery
from stratum.core.clock import now, real_now
from stratum.core.tenancy import in_workspace

log = structlog.get_logger("attribution.inbox")
AT_ONCE = 25
PRIVACY_DELETION = "contact.privacyDeletion"

INSERT_EVENTS = """
    INSERT INTO attribution_crmevent
        (workspace_id, key, delivery_id, kind, object_type, object_id, property_name, property_value, occurred_at)
    SELECT %s, key, %s, kind, object_type, object_id, property_name, property_value, occurred_at
    FROM unnest(%s::bytea[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
      AS event(key, kind, object_type, object_id, property_name, property_value, occurred_at)
    ORDER BY key
    ON CONFLICT (workspace_id, key) DO NOTHING
"""


def parse_inbox(*, most: int = 200) -> int:
    """Parses up to `most` waiting deliveries of all workspaces and returns how many it did.

    They are claimed a few at a time in one transaction; several workers share the queue (SKIP LOCKED), and a killed one
    leaves no trace. A delivery that makes the parser itself fail becomes a dead letter and holds up no other.
    """
    done = 0
    while done < most and (parsed := _parse_some(min(AT_ONCE, most - done))):
        done += parsed
    return done


def _parse_some(count: int) -> int:
    with transaction.atomic():
        waiting = InboxDelivery.everywhere.filter(parsed_at=None).order_by("workspace_id", "id")
        deliveries = list(
            waiting.select_related("connection").select_for_update(skip_locked=True, of=("self",))[:count]
        )
        for delivery in deliveries:
            with in_workspace(delivery.workspace_id):
                _parse_safely(delivery)
    return len(deliveries)


def _parse_safely(delivery: InboxDelivery) -> None:
    try:
        with transaction.atomic():
            parse_delivery(delivery)
    except OperationalError:
        raise
    except Exception as problem:
        log.exception("a delivery could not be parsed", delivery=delivery.pk)
        _settle(delivery, [], [Rejected(-1, f"the parser failed: {type(problem).__name__}", "")])


def parse_delivery(delivery: InboxDelivery) -> None:
    """Reads one delivery (again, on replay): already known events count as duplicates, so that nothing counts twice."""
    portal = delivery.connection
    results = [
        _of_this_portal(item, position, portal) for position, item in enumerate(read_delivery(bytes(delivery.body)))
    ]
    events = [item for item in results if isinstance(item, Event)]
    _settle(delivery, events, [item for item in results if isinstance(item, Rejected)])
    queue_deals(portal, [one for event in events for one in event.deal_ids])
    for event in events:
        if event.kind == PRIVACY_DELETION:
            erase_person(portal.workspace, contact_id=event.object_id, actor="the CRM's privacy deletion", now=now())


def _settle(delivery: InboxDelivery, events: Sequence[Event], rejected: Sequence[Rejected]) -> None:
    accepted = _store_events(delivery, events)
    _store_dead_letters(delivery, rejected)
    delivery.parsed_at = real_now()
    delivery.accepted = accepted
    delivery.duplicate = len(events) - accepted
    delivery.dead = len(rejected)
    counts = {name: getattr(delivery, name) for name in ("parsed_at", "accepted", "duplicate", "dead")}
    InboxDelivery.objects.filter(pk=delivery.pk).update(**counts)


def _of_this_portal(item: Event | Rejected, position: int, portal: CrmConnection) -> Event | Rejected:
    if isinstance(item, Rejected) or item.portal_id == portal.portal_id:
        return item
    return Rejected(
        position,
        f"portal {item.portal_id} is not the one that signed this delivery ({portal.portal_id})",
        repr(item)[:2000],
    )


def _store_events(delivery: InboxDelivery, events: Sequence[Event]) -> int:
    if not events:
        return 0
    columns = [
        [getattr(event, name) for event in events]
        for name in ("key", "kind", "object_type", "object_id", "property_name", "property_value", "occurred_at")
    ]
    with connection.cursor() as cursor:
        cursor.execute(INSERT_EVENTS, [delivery.workspace_id, delivery.pk, *columns])
        return cursor.rowcount


def _store_dead_letters(delivery: InboxDelivery, rejected: Sequence[Rejected]) -> None:
    if not rejected:
        return
    DeadLetter.objects.bulk_create(
        [
            DeadLetter(
                workspace_id=delivery.workspace_id,
                delivery=delivery,
                position=item.position,
                reason=item.reason,
                fragment=item.fragment,
                created_at=real_now(),
            )
            for item in rejected
        ],
        ignore_conflicts=True,
    )
