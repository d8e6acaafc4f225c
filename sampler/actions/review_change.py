from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from sampler.actions.move_change import move_change
from sampler.actions.record_approval import record_approval
from sampler.domain import states
from sampler.models import Change
from sampler.selectors.approvals import still_missing
from stratum.core import audit
from stratum.core.permissions import APPROVE


class MayNotApprove(Exception):
    """The person or key lacks the verb “approve”."""


class ChangeAlreadyDecided(Exception):
    """Somebody decided it first, or a newer plan took its place."""


def approve_change(change_id: int, *, by: str, verbs: Collection[str], now: datetime, comment: str = "") -> Change:
    """Lets a waiting change go out with the next sending. Guardrails look at it once more right before.

    Where two people are needed it goes on waiting for the second. `by` is who signs, `verbs` what they may do. MayNotApprove,
    ChangeAlreadyDecided, or Change.DoesNotExist.
    """
    _refuse_who_may_not(verbs, by)
    with transaction.atomic():
        change = Change.objects.select_for_update(of=("self",)).select_related("plan").get(pk=change_id)
        if change.status == states.WAITING:
            record_approval(change, by=by, now=now)
            if still_missing(change):
                audit.record(
                    "change approved by one of two", change, actor=by, before=change.before, after=change.after
                )
                return change
        return _move(change, states.APPROVED, by=by, now=now, comment=comment)


def reject_change(change_id: int, *, by: str, verbs: Collection[str], now: datetime, comment: str = "") -> Change:
    """Ends a waiting change, or withdraws an approved one that was not sent yet. The same errors as `approve_change`."""
    _refuse_who_may_not(verbs, by)
    return _move(Change.objects.get(pk=change_id), states.REJECTED, by=by, now=now, comment=comment)


def _refuse_who_may_not(verbs: Collection[str], by: str) -> None:
    if APPROVE not in verbs:
        raise MayNotApprove(f"{by} may look at changes but not decide them.")


def _move(change: Change, to: str, *, by: str, now: datetime, comment: str) -> Change:
    open_to = (states.WAITING, states.APPROVED) if to == states.REJECTED else (states.WAITING,)
    if change.status in open_to and move_change(
        change, to, actor=by, decided_by=by, decided_at=now, comment=comment, outcome=""
    ):
        return change
    change.refresh_from_db()
    who = f" by {change.decided_by}" if change.decided_by else ""
    raise ChangeAlreadyDecided(f"This change is already {change.status}{who}.")
