from __future__ import annotations

from datetime import datetime

from sampler.actions.claim_changes import give_back
from sampler.actions.settle_change import settle_applied, settle_failed, settle_unknown
from sampler.domain.batching import batches
from sampler.models import Change
from stratum.core.actions.halt_sending import why_halted
from stratum.core.models import AdAccount
from stratum.core.money import to_major
from stratum.platforms.http import NoAnswer, Refused, TryLater
from stratum.platforms.meta_ads import MetaAds
from stratum.platforms.meta_batch import Outcome, Written


def send_changes(platform: MetaAds, account: AdAccount, changes: list[Change], *, now: datetime) -> None:
    """Sends claimed changes in batches and settles each by its own outcome. Nothing is ever sent twice.

    The budget on the platform is read first: what a person changed meanwhile is not overwritten.
    """
    try:
        standing = platform.budgets([change.target.external_id for change in changes], currency=account.currency)
    except (NoAnswer, TryLater, Refused) as problem:
        give_back(changes, reason=f"Not sent yet: {problem}.")
        return
    due = [change for change in changes if _still_wanted(change, standing.get(change.target.external_id), now)]
    waiting = batches([(_campaign_of(change), change) for change in due])
    while waiting:
        batch = waiting.pop(0)
        stop = _switched_off(account, batch) or _send_batch(platform, account, batch, now)
        if stop:
            give_back([change for rest in waiting for change in rest], reason=stop)
            return


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


def _send_batch(platform: MetaAds, account: AdAccount, batch: list[Change], now: datetime) -> str:
    """Empty, or why the batches behind this one should wait."""
    budgets = [(change.target.external_id, change.after) for change in batch]
    try:
        outcomes = platform.write_budgets(budgets, currency=account.currency)
    except TryLater as problem:
        give_back(batch, reason=f"Not sent yet: {problem}.")
        return f"Not sent yet: {problem}."
    except NoAnswer as problem:
        outcomes = [Outcome(Written.UNKNOWN, f"no answer: {problem}")] * len(batch)
    except (Refused, ValueError) as problem:
        outcomes = [Outcome(Written.REFUSED, str(problem))] * len(batch)
    for change, outcome in zip(batch, outcomes, strict=True):
        _settle(change, outcome, now)
    return ""


def _settle(change: Change, outcome: Outcome, now: datetime) -> None:
    if outcome.written == Written.APPLIED:
        settle_applied(change, now=now, outcome="Applied.")
    elif outcome.written == Written.REFUSED:
        settle_failed(change, outcome=f"The platform refused it: {outcome.message}.")
    else:
        settle_unknown(change, outcome=f"Nobody knows yet whether it took effect: {outcome.message}.")
