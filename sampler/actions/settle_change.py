from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from sampler.actions.move_change import move_change
from sampler.domain import states
from sampler.models import Change
from stratum.core.clock import real_now

ON_ITS_WAY = timedelta(minutes=2)


def settle_applied(change: Change, *, now: datetime, outcome: str) -> None:
    """The platform has the new budget: the change, the stored budget, and the change that it undoes move together."""
    with transaction.atomic():
        if not move_change(change, states.APPLIED, actor="Stratum", applied_at=now, lease_until=None, outcome=outcome):
            return
        target = change.target
        type(target).objects.filter(pk=target.pk).update(daily_budget=change.after)
        undone = Change.objects.filter(pk=change.undo_of_id, status=states.APPLIED).first()
        if undone:
            move_change(
                undone,
                states.UNDONE,
                actor=change.decided_by or "Stratum",
                outcome=f"Taken back by change {change.pk}.",
            )


def settle_failed(change: Change, *, outcome: str, found: int | None = None) -> None:
    """It had no effect. `found` is the budget that stands on the platform instead, which is then stored."""
    with transaction.atomic():
        if move_change(change, states.FAILED, actor="Stratum", lease_until=None, outcome=outcome) and found is not None:
            target = change.target
            type(target).objects.filter(pk=target.pk).update(daily_budget=found)


def settle_unknown(change: Change, *, outcome: str) -> None:
    """Read back after a while: the request may still be on its way, and a budget that is read too early looks untouched."""
    move_change(change, states.UNKNOWN, actor="Stratum", lease_until=real_now() + ON_ITS_WAY, outcome=outcome)
