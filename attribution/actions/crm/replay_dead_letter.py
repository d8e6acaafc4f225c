from __future__ import annotations

from django.db import transaction

from attribution.actions.crm.parse_inbox import parse_delivery
from attribution.models import DeadLetter, InboxDelivery
from stratum.core import audit


def replay_dead_letter(letter: DeadLetter, *, actor: str) -> bool:
    """Reads the letter's delivery again (after a fix of ours, or a portal that was connected since). True when it went through."""
    with transaction.atomic():
        delivery = InboxDelivery.objects.select_for_update().get(pk=letter.delivery_id)
        before = set(DeadLetter.objects.filter(delivery=delivery, resolved_at=None).values_list("position", flat=True))
        accepted_before = delivery.accepted
        DeadLetter.objects.filter(delivery=delivery, resolved_at=None).delete()
        parse_delivery(delivery)
        # What was accepted at first is known by now, and reading it again does not make it a duplicate.
        delivery.accepted += accepted_before
        delivery.duplicate -= accepted_before
        delivery.save(update_fields=["accepted", "duplicate"])
        still = DeadLetter.objects.filter(delivery=delivery, resolved_at=None)
        still.update(attempts=letter.attempts + 1)
        through = letter.position in before - set(still.values_list("position", flat=True))
        audit.record("dead letter replayed", letter, actor=actor, reason=letter.reason, through=through)
    return through
