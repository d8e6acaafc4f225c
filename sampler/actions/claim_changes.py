from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from sampler.actions.move_change import move_change
from sampler.domain import states
from sampler.models import Change, Plan
from stratum.core.clock import real_now
from stratum.core.models import AdAccount

LEASE = timedelta(minutes=5)
"""Longer than one round of sending can take with its time-outs; after it, a sweep reads back what became of the change."""
TAKEN_BACK = "Its plan was taken back before it was sent."


def approved_changes(account: AdAccount, *, raises: bool) -> list[Change]:
    """The account's approved raises, or its cuts. The largest first."""
    rows = (
        Change.objects.filter(account=account, status=states.APPROVED)
        .select_related("account__workspace", "plan", "campaign", "ad_set")
        .defer("plan__inputs")
    )
    wanted = [change for change in rows if (change.after > change.before) == raises]
    return sorted(wanted, key=lambda change: (-abs(change.after - change.before), change.pk))


def claim_changes(approved: list[Change]) -> list[Change]:
    """Those that this worker and no other moved to sending.

    What was under way when its plan was taken back, and was given back, is not sent any more.
    """
    with transaction.atomic():
        return [change for change in approved if not _is_taken_back(change) and _claimed(change)]


def _is_taken_back(change: Change) -> bool:
    if change.plan is None or change.plan.status != Plan.Status.TAKEN_BACK:
        return False
    move_change(change, states.SUPERSEDED, actor="Stratum", outcome=TAKEN_BACK)
    return True


def _claimed(change: Change) -> bool:
    return move_change(change, states.SENDING, actor="Stratum", lease_until=real_now() + LEASE)


def give_back(changes: list[Change], *, reason: str) -> None:
    """Claimed changes of which nothing was sent wait for the next sending."""
    for change in changes:
        move_change(change, states.APPROVED, actor="Stratum", lease_until=None, outcome=reason)
