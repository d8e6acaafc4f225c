from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import structlog
from django.db.models import Q

from sampler.actions.claim_changes import give_back
from sampler.actions.keep_pace import wait_for, why_waiting
from sampler.actions.send_changes import someone_else
from sampler.actions.settle_change import settle_applied, settle_failed
from sampler.domain import states
from sampler.models import Change
from stratum.core.clock import real_now
from stratum.core.jobs import only_one
from stratum.core.models import AdAccount
from stratum.platforms.ads import PLATFORMS, platform_of
from stratum.platforms.http import Calling, NoAnswer, Refused, TryLater

log = structlog.get_logger("stratum.sampler")


def resolve_unknowns(account: AdAccount, *, now: datetime, calls: Calling | None = None) -> dict[str, int]:
    """Reads back what became of changes whose outcome nobody knows, and returns how many ended where.

    Also takes up what a crashed worker left in sending. Either waits until the lease has ended: the request may still be on its way.
    What cannot be read stays as it is, for the next sweep.
    """
    with only_one(f"sampler.execute:{account.pk}") as mine:
        if not mine:
            return {}
        changes = _due(account)
        if account.platform in PLATFORMS:
            if not why_waiting(account):
                _read_back(account, changes, now, calls)
        else:
            give_back(changes, reason="A worker stopped before it was rehearsed.")
        return dict(Counter(change.status for change in changes))


def settle_by_reading(account: AdAccount, standing: Mapping[str, int | None], *, now: datetime) -> list[Change]:
    """As `resolve_unknowns`, by budgets that were just read for another purpose. What is not among them is left to it."""
    read = [change for change in _due(account) if change.target.external_id in standing]
    for change in read:
        _settle(change, standing[change.target.external_id], now)
    return read


def _due(account: AdAccount) -> list[Change]:
    ended = Q(lease_until=None) | Q(lease_until__lt=real_now())
    rows = Change.objects.filter(ended, account=account, status__in=(states.UNKNOWN, states.SENDING))
    return list(rows.select_related("account", "campaign", "ad_set").order_by("id"))


def _read_back(account: AdAccount, changes: list[Change], now: datetime, calls: Calling | None) -> None:
    if not changes:
        return
    try:
        platform = platform_of(account, calls)
        standing = platform.budgets([c.target.external_id for c in changes], currency=account.currency)
    except (NoAnswer, TryLater, Refused) as problem:
        if isinstance(problem, TryLater):
            wait_for(account, seconds=problem.seconds, because=str(problem))
        log.warning("changes could not be read back", account=account.pk, changes=len(changes), reason=str(problem))
        return
    for change in changes:
        _settle(change, standing.get(change.target.external_id), now)


def _settle(change: Change, standing: int | None, now: datetime) -> None:
    if standing == change.after:
        settle_applied(change, now=now, outcome="Applied: read back from the platform.")
    elif standing == change.before:
        settle_failed(change, outcome="It did not take effect: read back from the platform.")
    else:
        settle_failed(change, outcome=someone_else(change, standing), found=standing)
