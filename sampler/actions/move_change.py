from __future__ import annotations

from typing import Any

from django.db import transaction

from sampler.domain import states
from sampler.models import Change
from stratum.core import audit


def move_change(change: Change, to: str, *, actor: str, **fields: Any) -> bool:
    """Moves a change on by compare-and-set, and tells the audit trail with the budget before and after.

    False: somebody else moved it first, and nothing was written. ValueError: the table of states knows no such move.
    """
    if to not in states.NEXT[change.status]:
        raise ValueError(f"a change does not go from {change.status} to {to}")
    with transaction.atomic():
        if not Change.objects.filter(pk=change.pk, status=change.status).update(status=to, **fields):
            return False
        told = {key: fields[key] for key in ("comment", "outcome") if fields.get(key)}
        audit.record(
            f"change {to}",
            change,
            actor=actor,
            before=change.before,
            after=change.after,
            currency=change.currency,
            **told,
        )
    change.status = to
    for name, value in fields.items():
        setattr(change, name, value)
    return True
