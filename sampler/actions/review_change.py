from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sampler.actions.move_change import move_change
from sampler.domain import states
from sampler.models import Change
from stratum.core.permissions import APPROVE


class MayNotApprove(Exception):
    """The person or key lacks the verb “approve”."""


class ChangeAlreadyDecided(Exception):
    """Somebody decided it first, or a newer plan took its place."""


def approve_change(change_id: int, *, by: str, verbs: Collection[str], now: datetime, comment: str = "") -> Change:
    """Lets a waiting change go out with the next sending. Guardrails look at it once more right before.

    `by` is who signs, `verbs` what they may do. MayNotApprove, ChangeAlreadyDecided, or Change.DoesNotExist.
    """
    return _decide(change_id, states.APPROVED, by=by, verbs=verbs, now=now, comment=comment)


def reject_change(change_id: int, *, by: str, verbs: Collection[str], now: datetime, comment: str = "") -> Change:
    """Ends a waiting change, or withdraws an approved one that was not sent yet. The same errors as `approve_change`."""
    return _decide(change_id, states.REJECTED, by=by, verbs=verbs, now=now, comment=comment)


def _decide(change_id: int, to: str, *, by: str, verbs: Collection[str], now: datetime, comment: str) -> Change:
    if APPROVE not in verbs:
        raise MayNotApprove(f"{by} may look at changes but not decide them.")
    change = Change.objects.get(pk=change_id)
    open_to = (states.WAITING, states.APPROVED) if to == states.REJECTED else (states.WAITING,)
    if change.status in open_to and move_change(change, to, actor=by, decided_by=by, decided_at=now, comment=comment):
        return change
    change.refresh_from_db()
    who = f" by {change.decided_by}" if change.decided_by else ""
    raise ChangeAlreadyDecided(f"This change is already {change.status}{who}.")
