from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from sampler.domain import states
from sampler.models import Change, Plan

UNDER_WAY = (states.SENDING, states.UNKNOWN)
STILL_OPEN = (states.PROPOSED, states.INSPECTED, *states.LIVE)


@dataclass(frozen=True)
class Room:
    """Minor units a day that a plan's raises may take: `now`, and `later` once every cut stands that may still come."""

    now: int
    later: int


def room_of(plan: Plan, *, apart_from: Collection[int]) -> Room:
    """What a plan's changes come to in all, less what of them is in effect: a raise as soon as it is under way, a cut once it stands.

    Plans that accounts made together pay for each other, and so do those that take them back, which may not come to more than nothing.
    `apart_from`: raises by id that do not count as under way, because they are what is asked about.
    """
    now = coming = whole = 0
    for pk, status, before, after in (
        Change.objects.filter(plan__in=_paying_for_each_other(plan))
        .order_by("id")
        .values_list("id", "status", "before", "after")
    ):
        step = after - before
        whole += step
        under_way = step > 0 and status in UNDER_WAY and pk not in apart_from
        if status != states.APPLIED and not under_way:
            now += step
        if step < 0 and status in STILL_OPEN:
            coming -= step
    if plan.together and plan.rolls_back_made_at:
        now -= max(whole, 0)
    return Room(now, now + coming)


def _paying_for_each_other(plan: Plan) -> QuerySet[Plan]:
    if not plan.together:
        return Plan.objects.filter(pk=plan.pk)
    among = Plan.objects.filter(account__in=plan.together)
    if plan.rolls_back_made_at:
        return among.filter(created_at__gte=plan.rolls_back_made_at, rolls_back_made_at=plan.rolls_back_made_at)
    return among.filter(created_at=plan.created_at)
