from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from sampler.actions.claim_changes import TAKEN_BACK
from sampler.actions.inspect_changes import inspect_changes
from sampler.actions.move_change import move_change
from sampler.actions.undo_change import CannotBeUndone, MayNotUndo, propose_undo
from sampler.domain import states
from sampler.models import Change, Plan
from sampler.selectors.budgets import budget_holders
from sampler.selectors.standing_total import StandingTotal, standing_total
from stratum.core import audit
from stratum.core.models import AdAccount
from stratum.core.periods import local_day
from stratum.core.permissions import DECIDE

ON_ITS_WAY = "It is on its way to the platform; should it take effect, it can be undone by itself."
NOT_SENT_YET = (states.PROPOSED, states.INSPECTED, states.WAITING, states.APPROVED)


class NothingToRollBack(Exception):
    """None of the plan's changes is in force, or each has moved on since."""


@dataclass(frozen=True)
class RolledBack:
    """The plan that leads back, and why some changes stay as they are, by their id."""

    plan: Plan
    left: dict[int, str]


def roll_back_plan(plan_id: int, *, by: str, verbs: Collection[str], now: datetime) -> RolledBack:
    """A plan of its own that takes every applied change of a plan back, through the same guardrails and reviews as any plan.

    What of the old plan was not sent yet is not sent any more; what is on its way is told in `left`. MayNotUndo, NothingToRollBack, or Plan.DoesNotExist.
    """
    if DECIDE not in verbs:
        raise MayNotUndo(f"{by} may look at plans but not take one back.")
    with transaction.atomic():
        old = Plan.objects.select_for_update(of=("self",)).select_related("account").get(pk=plan_id)
        stood = standing_total(old.account, budget_holders(old.account, day=old.day))
        back = _empty_plan(old, now)
        left = _propose_all(old, back, by, now)
        changes = list(Change.objects.filter(plan=back).order_by("id"))
        if not changes:
            raise NothingToRollBack(next(iter(left.values()), "Nothing of this plan is in force."))
        _withdraw_rest(old, by)
        _fill(back, old, changes, stood, len(left))
        audit.record("plan rolled back", old, actor=by, by_plan=back.pk, changes=len(changes), left=len(left))
    inspect_changes(back.account, now=now)
    blocked = Change.objects.filter(plan=back, status=states.BLOCKED)
    return RolledBack(back, left | dict(blocked.values_list("undo_of_id", "outcome")))


def _empty_plan(old: Plan, now: datetime) -> Plan:
    """Expects what was expected of the plan before the old one, since that is what it restores."""
    earlier = Plan.objects.filter(account=old.account, created_at__lt=old.created_at).order_by("-created_at", "-id")
    hoped = earlier.defer("inputs").first() or old
    return Plan.objects.create(
        workspace_id=old.workspace_id,
        account=old.account,
        day=local_day(now, old.account.timezone) if old.account.platform != AdAccount.Platform.IMPORT else old.day,
        seed=old.seed,
        total=0,
        currency=old.currency,
        created_at=now,
        performance_at=old.performance_at,
        revenue_at=old.revenue_at,
        inputs={},
        expected=hoped.expected,
        low=hoped.low,
        high=hoped.high,
        is_whole=hoped.is_whole,
        together=old.together,
        rolls_back_made_at=old.created_at,
    )


def _propose_all(old: Plan, back: Plan, by: str, now: datetime) -> dict[int, str]:
    """Why those were left that could not be proposed."""
    left = {}
    applied = Change.objects.filter(plan=old, status=states.APPLIED).order_by("id")
    for pk in applied.values_list("pk", flat=True):
        try:
            with transaction.atomic():
                propose_undo(pk, by=by, now=now, plan=back)
        except CannotBeUndone as reason:
            left[pk] = str(reason)
    on_its_way = Change.objects.filter(plan=old, status__in=(states.SENDING, states.UNKNOWN))
    return left | dict.fromkeys(on_its_way.values_list("pk", flat=True), ON_ITS_WAY)


def _withdraw_rest(old: Plan, by: str) -> None:
    for change in Change.objects.filter(plan=old, status__in=NOT_SENT_YET):
        move_change(change, states.SUPERSEDED, actor=by, outcome=TAKEN_BACK)


def _fill(back: Plan, old: Plan, changes: list[Change], stood: StandingTotal, left: int) -> None:
    others = Plan.objects.filter(account=back.account).exclude(pk=back.pk)
    others.filter(status=Plan.Status.CURRENT).update(status=Plan.Status.SUPERSEDED)
    others.filter(pk=old.pk).update(status=Plan.Status.TAKEN_BACK)
    after = {(change.target_kind, change.ad_set_id or change.campaign_id): change.after for change in changes}
    holders: list[dict[str, Any]] = [
        vars(holder) | {"score": 0.0, "after": after.get(holder.target, holder.budget)}
        for holder in budget_holders(back.account, day=back.day)
    ]
    back.inputs = {
        "holders": holders,
        "left": [],
        "beliefs": {},
        "rolls_back": old.pk,
        "stood": stood.total,
        "placed": stood.own,
        "is_share": stood.is_share,
        "counts_on": stood.counts_on,
    }
    back.inputs_hash = hashlib.sha256(json.dumps(back.inputs, sort_keys=True).encode()).hexdigest()
    back.total = sum(holder["after"] for holder in holders)
    back.basis = f"Takes the plan of {old.day:%-d %B %Y} (number {old.pk}) back: {_budgets(len(changes))} to where they stood before it."
    if left:
        back.basis += f" Left as they are, because they have moved on since or are on their way: {left}."
    back.save(update_fields=["inputs", "inputs_hash", "total", "basis"])


def _budgets(count: int) -> str:
    return "1 budget" if count == 1 else f"{count} budgets"
