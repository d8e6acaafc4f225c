from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from sampler.actions.move_change import move_change
from sampler.domain import states
from sampler.models import Change, Plan
from stratum.core.clock import real_now
from stratum.core.models import AdAccount

LEASE = timedelta(minutes=5)
"""Longer than one round of sending can take with its time-outs; after it, a sweep reads back what became of the change."""
TAKEN_BACK = "Its plan was taken back before it was sent."


def claim_changes(account: AdAccount, *, raises: bool, now: datetime) -> list[Change]:
    """The account's approved raises, or its cuts, each moved to sending by this worker and no other. The largest first.

    What was under way when its plan was taken back, and was given back, is not sent any more.
    """
    rows = (
        Change.objects.filter(account=account, status=states.APPROVED)
        .select_related("account", "plan", "campaign", "ad_set")
        .defer("plan__inputs")
    )
    wanted = [change for change in rows if (change.after > change.before) == raises]
    wanted.sort(key=lambda change: (-abs(change.after - change.before), change.pk))
    with transaction.atomic():
        return [change for change in wanted if not _is_taken_back(change) and _claimed(change, now)]


def _is_taken_back(change: Change) -> bool:
    if change.plan is None or change.plan.status != Plan.Status.TAKEN_BACK:
        return False
    move_change(change, states.SUPERSEDED, actor="Stratum", outcome=TAKEN_BACK)
    return True


def _claimed(change: Change, now: datetime) -> bool:
    lease = real_now() + LEASE
    return move_change(
        change, states.SENDING, actor="Stratum", attempt=change.attempt + 1, sent_at=now, lease_until=lease
    )


def give_back(changes: list[Change], *, reason: str) -> None:
    """Claimed changes of which nothing was sent wait for the next sending."""
    for change in changes:
        move_change(change, states.APPROVED, actor="Stratum", lease_until=None, outcome=reason)
