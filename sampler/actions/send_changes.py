from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import F

from sampler.actions.claim_changes import give_back
from sampler.actions.keep_pace import wait_for
from sampler.actions.settle_change import settle_applied, settle_failed, settle_unknown
from sampler.domain.batching import batches
from sampler.models import Change
from stratum.core.actions.halt_sending import why_halted
from stratum.core.models import AdAccount
from stratum.core.money import to_major
from stratum.platforms.ads import AdPlatform
from stratum.platforms.http import NoAnswer, Refused, TryLater
from stratum.platforms.meta_batch import STOP_SECONDS, Outcome, Written
from stratum.platforms.meta_errors import Stop
from stratum.platforms.meta_graph import WAIT_SECONDS


def send_changes(
    platform: AdPlatform,
    account: AdAccount,
    changes: list[Change],
    standing: Mapping[str, int | None],
    *,
    now: datetime,
) -> bool:
    """Sends claimed changes in batches and settles each by its own outcome. Nothing is ever sent twice.

    `standing`: the budgets as just read from the platform; what a person changed meanwhile is not overwritten. False: the rest was
    given back, and nothing more should be sent now.
    """
    due = [change for change in changes if _still_wanted(change, standing.get(change.target.external_id), now)]
    waiting = batches([(_campaign_of(change), change) for change in due])
    while waiting:
        batch = waiting.pop(0)
        stop = _switched_off(account, batch) or _send_what_fits(platform, account, batch, now)
        if stop:
            give_back([change for rest in waiting for change in rest], reason=stop)
            return False
    return True


def _campaign_of(change: Change) -> tuple[str, int]:
    return ("campaign", change.ad_set.campaign_id if change.ad_set else change.campaign_id)


def _still_wanted(change: Change, standing: int | None, now: datetime) -> bool:
    """Compare-and-set against the platform."""
    if standing == change.before:
        return True
    if standing == change.after:
        settle_applied(change, now=now, outcome="The budget already stood there.")
        return False
    settle_failed(change, outcome=someone_else(change, standing), found=standing)
    return False


def someone_else(change: Change, standing: int | None) -> str:
    if standing is None:
        return "It holds no daily budget on the platform any more."
    found, expected = (f"{to_major(minor, change.currency):,}" for minor in (standing, change.before))
    return f"Someone else changed it: the budget is {found} {change.currency}, not {expected}."


def _switched_off(account: AdAccount, batch: list[Change]) -> str:
    """Looked at in the database before every batch: stopping takes effect within one, whatever else is down."""
    account.refresh_from_db(fields=["dry_run"])
    reason = "Not sent: the account was put into dry run." if account.dry_run else why_halted(account)
    if reason:
        give_back(batch, reason=reason)
    return reason


def _send_what_fits(platform: AdPlatform, account: AdAccount, batch: list[Change], now: datetime) -> str:
    """A batch as far as the rate limit has room for it. Empty, or why what is left should wait."""
    room = platform.room_for_writes()
    fits, rest = batch[:room], batch[room:]
    stop = _send_batch(platform, account, fits, now) if fits else ""
    if rest and not stop:
        stop = "Not sent yet: the platform's rate limit has no room for more."
        wait_for(
            account, seconds=platform.wait or WAIT_SECONDS, because="the platform's rate limit has no room for more"
        )
    give_back(rest, reason=stop)
    return stop


def _send_batch(platform: AdPlatform, account: AdAccount, batch: list[Change], now: datetime) -> str:
    """Empty, or why the batches behind this one should wait."""
    budgets = [(change.target.external_id, change.after) for change in batch]
    Change.objects.filter(pk__in=[change.pk for change in batch]).update(attempt=F("attempt") + 1, sent_at=now)
    try:
        outcomes = platform.write_budgets(budgets, currency=account.currency)
    except TryLater as problem:
        outcomes = [Outcome(Written.LATER, str(problem), problem.seconds)] * len(batch)
    except Stop as problem:
        outcomes = [Outcome(Written.LATER, str(problem), STOP_SECONDS)] * len(batch)
    except NoAnswer as problem:
        outcomes = [Outcome(Written.UNKNOWN, f"no answer: {problem}")] * len(batch)
    except Refused as problem:
        outcomes = [Outcome(Written.REFUSED, str(problem))] * len(batch)
    with transaction.atomic():
        for change, outcome in zip(batch, outcomes, strict=True):
            _settle(change, outcome, now)
    later = max((one for one in outcomes if one.written == Written.LATER), key=lambda one: one.seconds, default=None)
    if later is None:
        return ""
    wait_for(account, seconds=later.seconds, because=later.message)
    return f"Not sent yet: {later.message}."


def _settle(change: Change, outcome: Outcome, now: datetime) -> None:
    if outcome.written == Written.APPLIED:
        settle_applied(change, now=now, outcome="Applied.")
    elif outcome.written == Written.LATER:
        give_back([change], reason=f"Not sent yet: {outcome.message}.")
    elif outcome.written == Written.REFUSED:
        settle_failed(change, outcome=f"The platform refused it: {outcome.message}.")
    else:
        settle_unknown(change, outcome=f"Nobody knows yet whether it took effect: {outcome.message}.")
