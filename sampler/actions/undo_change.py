from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from sampler.actions.inspect_changes import inspect_changes
from sampler.actions.move_change import move_change
from sampler.domain import states
from sampler.models import Change, Plan
from stratum.core import audit
from stratum.core.permissions import DECIDE

IN_PROGRESS = (states.PROPOSED, states.INSPECTED, *states.LIVE)


class MayNotUndo(Exception):
    """The person or key lacks the verb “decide”."""


class CannotBeUndone(Exception):
    """It never took effect, the budget has moved on since, or its undoing is under way."""


def undo_change(change_id: int, *, by: str, verbs: Collection[str], now: datetime) -> Change:
    """A new change with before and after swapped, through the same guardrails and review. It may be blocked: look at its status.

    MayNotUndo, CannotBeUndone, or Change.DoesNotExist.
    """
    if DECIDE not in verbs:
        raise MayNotUndo(f"{by} may look at changes but not ask for one.")
    with transaction.atomic():
        undo = propose_undo(change_id, by=by, now=now)
    inspect_changes(undo.account, now=now)
    undo.refresh_from_db()
    return undo


def propose_undo(change_id: int, *, by: str, now: datetime, plan: Plan | None = None) -> Change:
    """The change that takes an applied one back, proposed and not looked at yet. CannotBeUndone, or Change.DoesNotExist."""
    change = (
        Change.objects.select_for_update(of=("self",)).select_related("account", "campaign", "ad_set").get(pk=change_id)
    )
    _refuse(change)
    undo = Change.objects.create(
        workspace_id=change.workspace_id,
        plan=plan,
        account=change.account,
        target_kind=change.target_kind,
        campaign=change.campaign,
        ad_set=change.ad_set,
        before=change.after,
        after=change.before,
        currency=change.currency,
        reasons=[
            {
                "signal": "undo",
                "value": change.pk,
                "direction": "neutral",
                "sentence": f"{by} asked to take change {change.pk} back.",
            }
        ],
        evidence=change.evidence,
        expected=change.expected,
        low=change.low,
        high=change.high,
        created_at=now,
        asked_by=by,
        undo_of=change,
    )
    audit.record("change proposed", undo, actor=by, before=undo.before, after=undo.after, undo_of=change.pk)
    return undo


def _refuse(change: Change) -> None:
    if change.status != states.APPLIED:
        raise CannotBeUndone(f"This change is {change.status}; only an applied one can be undone.")
    if change.target.daily_budget != change.after:
        raise CannotBeUndone("The budget has been changed again since; undo the latest change.")
    same = Change.objects.filter(ad_set=change.ad_set, campaign=change.campaign)
    for other in same.filter(status=states.WAITING, undo_of=None):
        move_change(other, states.SUPERSEDED, actor="Stratum", outcome="An undo of an earlier change took its place.")
    if same.filter(status__in=IN_PROGRESS).exists():
        raise CannotBeUndone("Another change of this budget is in hand; wait until it is settled.")
