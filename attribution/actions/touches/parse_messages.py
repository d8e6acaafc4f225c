"""Deliveries of message providers into events, each once, and their opens and clicks into touchpoints."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import structlog
from django.db import OperationalError, transaction

from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.domain.message_events import MessageEvent as Told
from attribution.domain.message_events import Unreadable, read_sendgrid, read_twilio
from attribution.identity import hashed
from attribution.models import Contact, MessageConnection, MessageDelivery, MessageEvent, Touchpoint
from attribution.row_fields import TOUCHPOINT
from stratum.core.clock import as_shown, real_now
from stratum.core.rows import BadRow, read_row
from stratum.core.tenancy import in_workspace

log = structlog.get_logger("attribution.messages")
AT_ONCE = 50


def parse_messages() -> int:
    """Parses some of the waiting deliveries of all workspaces, and returns how many; several workers share the queue."""
    with transaction.atomic():
        waiting = MessageDelivery.everywhere.filter(parsed_at=None).order_by("workspace_id", "id")
        deliveries = list(
            waiting.select_related("connection__workspace").select_for_update(skip_locked=True, of=("self",))[:AT_ONCE]
        )
        for delivery in deliveries:
            with in_workspace(delivery.workspace_id):
                _parse_safely(delivery)
    return len(deliveries)


def _parse_safely(delivery: MessageDelivery) -> None:
    try:
        with transaction.atomic():
            _parse(delivery, list(_told(delivery)))
    except OperationalError:
        raise
    except Exception as problem:
        log.exception("a delivery of messages could not be parsed", delivery=delivery.pk)
        _parse(delivery, [Unreadable(-1, f"the parser failed: {type(problem).__name__}")])


def _told(delivery: MessageDelivery) -> Iterable[Told | Unreadable]:
    body = bytes(delivery.body)
    if delivery.connection.provider == MessageConnection.Provider.SENDGRID:
        return read_sendgrid(body)
    return read_twilio(body, received_at=as_shown(delivery.received_at))


def _parse(delivery: MessageDelivery, told: list[Told | Unreadable]) -> None:
    unreadable = [one for one in told if isinstance(one, Unreadable)]
    events = [one for one in told if isinstance(one, Told)]
    fresh = _new(delivery, events)
    _touch(delivery.connection, [event for event in fresh if event.is_touch])
    MessageDelivery.objects.filter(pk=delivery.pk).update(
        parsed_at=real_now(),
        accepted=len(fresh),
        duplicate=len(events) - len(fresh),
        dead=len(unreadable),
        problems=[{"position": one.position, "reason": one.reason} for one in unreadable],
    )


def _new(delivery: MessageDelivery, events: list[Told]) -> list[Told]:
    """Stores the events that nobody told before, and returns them. Two workers may tell the same one: the table decides."""
    kept = {"connection": delivery.connection, "workspace_id": delivery.workspace_id}
    keys = {event.key: event for event in events}
    known = set(MessageEvent.objects.filter(connection=delivery.connection, key__in=keys).values_list("key", flat=True))
    fresh = [event for key, event in keys.items() if key not in known]
    MessageEvent.objects.bulk_create(
        [
            MessageEvent(
                **kept,
                key=one.key,
                channel=one.channel,
                kind=one.kind,
                campaign=one.campaign,
                occurred_at=one.occurred_at,
            )
            for one in fresh
        ],
        ignore_conflicts=True,
    )
    return fresh


def _touch(connection: MessageConnection, events: list[Told]) -> None:
    rows, phones = [], {}
    for event in events:
        row = _row(connection, event)
        try:
            rows.append(read_row(row, TOUCHPOINT))
        except BadRow as bad:
            log.warning("a message's touch was not stored", key=event.key, reason=str(bad))
            continue
        if event.phone and connection.consent:
            phones[row["touchpoint_id"]] = hashed(connection.workspace_id, "phone", event.phone)
    record_touchpoints(connection.workspace, rows)
    people = Contact.objects.filter(phone_hash__in=phones.values()).exclude(email_hash=None)
    known = dict(people.order_by("-id").values_list("phone_hash", "email_hash"))
    for touchpoint_id, phone in phones.items():
        if phone in known:  # a text message goes to a number, paths are found by addresses
            Touchpoint.objects.filter(touchpoint_id=touchpoint_id, is_bot=False).update(email_hash=known[phone])


def _row(connection: MessageConnection, event: Told) -> dict[str, Any]:
    # The address that opened a mail is often the mail provider's proxy: it says nothing about the person.
    return {
        "touchpoint_id": f"{connection.provider}:{sha256(f'{connection.pk}:{event.key}'.encode()).hexdigest()[:48]}",
        "occurred_at": event.occurred_at.isoformat(),
        "kind": event.channel,
        "channel": event.channel,
        "campaign_id": event.campaign,
        "email": event.email,
        "user_agent": event.user_agent,
        "is_bot": event.by_machine,
        "consent": connection.consent,
    }
