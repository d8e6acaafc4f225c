from __future__ import annotations

from datetime import datetime

from django.db.models import F, Sum

from sampler.domain import states
from sampler.models import Change
from sampler.selectors.budgets import budget_holders, standing_total
from sampler.selectors.portfolios import JOINED, scope_of
from stratum.core.models import AdAccount
from stratum.core.periods import local_day

UNDER_WAY = (states.SENDING, states.UNKNOWN)


def joint_room(*, now: datetime, apart_from: set[int]) -> int:
    """By how much the joined accounts' budgets may rise together, minor units: what they should spend a day less what stands or is being raised.

    `apart_from`: changes by id whose raises do not count, because they are what is asked about.
    """
    joined = [account for account in AdAccount.objects.order_by("id") if scope_of(account) == JOINED]
    raising = Change.objects.filter(account__in=joined, status__in=UNDER_WAY, after__gt=F("before"))
    # Before the budgets: a raise that settles in between counts twice rather than not at all.
    room = -(raising.exclude(pk__in=apart_from).aggregate(by=Sum(F("after") - F("before")))["by"] or 0)
    for account in joined:
        holders = budget_holders(account, day=local_day(now, account.timezone))
        room += standing_total(account, holders) - sum(holder.budget for holder in holders)
    return room
