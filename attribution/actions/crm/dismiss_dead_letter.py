from __future__ import annotations

from django.db import transaction

from attribution.models import DeadLetter
from stratum.core import audit
from stratum.core.clock import real_now


def dismiss_dead_letter(letter: DeadLetter, *, actor: str) -> None:
    """Takes a letter off the list of open ones. It is kept whole, and a replay of its delivery still reads it."""
    with transaction.atomic():
        DeadLetter.objects.filter(pk=letter.pk, resolved_at=None).update(resolved_at=real_now())
        audit.record("dead letter dismissed", letter, actor=actor, reason=letter.reason)
