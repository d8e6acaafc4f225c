from __future__ import annotations

from django.db import transaction

from attribution.domain.conversions import states
from attribution.models import ConversionDestination, ConversionEvent
from stratum.core import audit
from stratum.core.clock import real_now

MAY_RESEND = (states.UNKNOWN, states.DEAD, states.HELD, states.REHEARSED)
MAY_GIVE_UP = (states.UNKNOWN, states.HELD)
GIVEN_UP = "Given up by "


def resend_conversion(event: ConversionEvent, *, actor: str) -> bool:
    """Puts an event that waits for a person back into the queue; everything is checked again before it goes out. False: it had moved.

    For an unknown one that is a person's own risk: with the same event_id and event_name Meta may recognise a repeat within 48 hours.
    """
    return _decided(event, MAY_RESEND, states.QUEUED, "conversion resent", actor)


def give_up_conversion(event: ConversionEvent, *, actor: str) -> bool:
    """Lays an event aside that nobody will send again. False: it had moved."""
    return _decided(event, MAY_GIVE_UP, states.DEAD, "conversion given up", actor)


def _decided(event: ConversionEvent, allowed: tuple[str, ...], to: str, action: str, actor: str) -> bool:
    reason = f"{GIVEN_UP}{actor}." if to == states.DEAD else ""
    with transaction.atomic():
        rows = ConversionEvent.objects.filter(pk=event.pk, status=event.status, status__in=allowed)
        if not rows.update(status=to, reason=reason[:300], due_at=real_now()):
            return False
        audit.record(action, event, actor=actor, was=event.status, because=event.reason)
    event.refresh_from_db()
    return True


def resume_destination(destination: ConversionDestination, *, actor: str) -> None:
    """Lets a stopped destination send again, after a person has looked at its token, its permissions or its id."""
    with transaction.atomic():
        why = destination.stopped_because
        destination.stopped_because, destination.waits_until = "", None
        destination.save(update_fields=["stopped_because", "waits_until"])
        audit.record("conversion destination resumed", destination, actor=actor, stopped_because=why)
