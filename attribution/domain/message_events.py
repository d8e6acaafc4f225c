"""What message providers tell, in one shape: deliveries, openings, clicks, bounces, complaints, unsubscribes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

TOUCHES = {("email", "open"), ("email", "click"), ("sms", "delivered"), ("sms", "click")}
"""What is a contact with a person. A text message tells no opening: that it arrived is the touch."""
SENDGRID_KINDS = {
    "processed": "sent", "delivered": "delivered", "open": "open", "click": "click", "bounce": "bounce", "dropped": "bounce", "deferred": "deferred",
    "spamreport": "complaint", "unsubscribe": "unsubscribe", "group_unsubscribe": "unsubscribe", "group_resubscribe": "resubscribe",
}  # fmt: skip
TWILIO_KINDS = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "failed": "bounce",
    "undelivered": "bounce",
}
MOST = {"key": 200, "campaign": 160, "user_agent": 1000, "ip": 64}


@dataclass(frozen=True)
class MessageEvent:
    key: str
    """The provider's own id of the event: the same event told again has the same."""
    channel: str
    kind: str
    occurred_at: datetime
    email: str = ""
    phone: str = ""
    campaign: str = ""
    ip: str = ""
    user_agent: str = ""
    by_machine: bool = False

    @property
    def is_touch(self) -> bool:
        return (self.channel, self.kind) in TOUCHES


@dataclass(frozen=True)
class Unreadable:
    position: int
    reason: str


def read_sendgrid(body: bytes) -> Iterator[MessageEvent | Unreadable]:
    """One item an event of the array; one for the whole body, at −1, where it is no array of objects."""
    try:
        events = json.loads(body)
    except (ValueError, RecursionError):
        events = None
    if not isinstance(events, list):
        yield Unreadable(-1, "the body is no JSON array")
        return
    for position, event in enumerate(events):
        try:
            yield _sendgrid(event)
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as problem:
            yield Unreadable(position, f"{type(problem).__name__}: {problem}"[:200])


def _sendgrid(event: Any) -> MessageEvent:
    if not isinstance(event, dict):
        raise TypeError(f"{event!r:.40} is no object")
    categories = event.get("category") or ""
    category = categories if isinstance(categories, str) else str(categories[0])
    return MessageEvent(
        key=_text(event["sg_event_id"], "key"),
        channel="email",
        kind=SENDGRID_KINDS[event["event"]],
        occurred_at=datetime.fromtimestamp(int(event["timestamp"]), UTC),
        email=_text(event["email"], "campaign"),
        campaign=_text(event.get("singlesend_name") or event.get("campaign") or category, "campaign"),
        ip=_text(event.get("ip") or "", "ip"),
        user_agent=_text(event.get("useragent") or "", "user_agent"),
        by_machine=bool(event.get("sg_machine_open")),
    )


def read_twilio(body: bytes, *, received_at: datetime) -> Iterator[MessageEvent | Unreadable]:
    """A status callback (a form) or a click on a shortened link (JSON). Neither status carries a time: it counts as received."""
    try:
        fields = json.loads(body) if body.lstrip().startswith(b"{") else dict(parse_qsl(body.decode()))
        yield (
            _twilio_click(fields, body) if fields.get("event_type") == "click" else _twilio_status(fields, received_at)
        )
    except (KeyError, TypeError, ValueError, RecursionError) as problem:
        yield Unreadable(-1, f"{type(problem).__name__}: {problem}"[:200])


def _twilio_status(fields: Mapping[str, str], received_at: datetime) -> MessageEvent:
    kind = TWILIO_KINDS[fields["MessageStatus"]]
    return MessageEvent(
        key=f"{_text(fields['MessageSid'], 'key')}:{kind}",
        channel="sms",
        kind=kind,
        occurred_at=received_at,
        phone=_text(fields["To"], "ip"),
        campaign=_text(fields.get("MessagingServiceSid") or "", "campaign"),
    )


def _twilio_click(fields: Mapping[str, str], body: bytes) -> MessageEvent:
    at = datetime.fromisoformat(fields["click_time"])
    return MessageEvent(
        key=f"{_text(fields['sms_sid'], 'key')}:click:{hashlib.sha256(body).hexdigest()[:16]}",
        channel="sms",
        kind="click",
        occurred_at=at if at.tzinfo else at.replace(tzinfo=UTC),
        phone=_text(fields["to"], "ip"),
        campaign=_text(fields.get("messaging_service_sid") or "", "campaign"),
        user_agent=_text(fields.get("user_agent") or "", "user_agent"),
    )


def _text(value: Any, name: str) -> str:
    """Text that a database can hold, no longer than its column; TypeError for anything else, ValueError for what it cannot."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise ValueError("text that cannot be stored")
    return value.strip()[: MOST[name]]
