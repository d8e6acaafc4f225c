from __future__ import annotations

from collections import defaultdict

from sampler.actions.claim_changes import give_back
from sampler.actions.move_change import move_change
from sampler.domain import states
from sampler.models import Change, Plan
from sampler.selectors.approvals import ITSELF
from sampler.selectors.plan_room import room_of

WAITS = "Waits for the cuts that pay for it: until they stand, more would be spent than its plan decided."
UNPAID = "The cuts that were to pay for it did not come about; with it, more would be spent than its plan decided."


def hold_back(changes: list[Change]) -> list[Change]:
    """Those that may go out now. Raises wait until the cuts of their plan that pay for them stand, and are blocked once none of these can come.

    Asked before changes are claimed, so that waiting costs neither a call nor a claim, and after, because a joined account may have
    claimed raises on the same cuts meanwhile. A raise that a person approved goes out on that word, unless the money is to come from
    another account.
    """
    raises = [change for change in changes if _is_to_be_paid_for(change)]
    held: set[int] = set()
    for plan, own in _by_plan(raises).items():
        held |= _held_back(plan, own)
    return [change for change in changes if change.pk not in held]


def _is_to_be_paid_for(change: Change) -> bool:
    if change.plan is None or change.after <= change.before:
        return False
    return change.decided_by == ITSELF or bool(change.plan.together)


def _by_plan(raises: list[Change]) -> dict[Plan, list[Change]]:
    found: defaultdict[Plan, list[Change]] = defaultdict(list)
    for change in raises:
        found[change.plan].append(change)
    return found


def _held_back(plan: Plan, raises: list[Change]) -> set[int]:
    room = room_of(plan, apart_from={change.pk for change in raises})
    now, later, early = room.now, room.later, []
    held = set()
    for change in raises:
        step = change.after - change.before
        if step > later:
            move_change(change, states.BLOCKED, actor="Stratum", lease_until=None, outcome=UNPAID)
            held.add(change.pk)
            continue
        later -= step
        if step <= now:
            now -= step
        else:
            early.append(change)
    _let_wait(early)
    return held | {change.pk for change in early}


def _let_wait(early: list[Change]) -> None:
    give_back([change for change in early if change.status == states.SENDING], reason=WAITS)
    approved = [change.pk for change in early if change.outcome != WAITS]
    Change.objects.filter(pk__in=approved, status=states.APPROVED).update(outcome=WAITS)
