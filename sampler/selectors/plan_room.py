from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from sampler.domain import states
from sampler.models import Change, Plan
from sampler.selectors.portfolios import JOINED, scope_of
from stratum.core.models import AdAccount

UNDER_WAY = (states.SENDING, states.UNKNOWN)
STILL_OPEN = (states.PROPOSED, states.INSPECTED, *states.LIVE)


@dataclass(frozen=True)
class Room:
    """Minor units a day that a plan's raises may take: `now`, and `later` once every cut stands that may still come."""

    now: int
    later: int


def room_of(plan: Plan, *, apart_from: Collection[int]) -> Room:
    """What a plan's changes come to in all, less what of them is in effect: a raise as soon as it is under way, a cut once it stands.

    Plans that joined accounts made in one turn pay for each other. `apart_from`: raises by id that do not count as under way, because
    they are what is asked about.
    """
    now = coming = 0
    for pk, status, before, after in (
        Change.objects.filter(plan__in=_made_together(plan), undo_of=None)
        .order_by("id")
        .values_list("id", "status", "before", "after")
    ):
        step = after - before
        under_way = step > 0 and status in UNDER_WAY and pk not in apart_from
        if status != states.APPLIED and not under_way:
            now += step
        if step < 0 and status in STILL_OPEN:
            coming -= step
    return Room(now, now + coming)


def _made_together(plan: Plan) -> QuerySet[Plan]:
    if scope_of(plan.account) != JOINED:
        return Plan.objects.filter(pk=plan.pk)
    joined = [account for account in AdAccount.objects.order_by("id") if scope_of(account) == JOINED]
    return Plan.objects.filter(account__in=joined, created_at=plan.created_at)
