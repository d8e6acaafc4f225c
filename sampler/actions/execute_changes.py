from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import datetime

from sampler.actions.claim_changes import claim_changes, give_back
from sampler.actions.inspect_changes import holders_for
from sampler.actions.move_change import move_change
from sampler.actions.send_changes import send_changes
from sampler.domain import states
from sampler.domain.findings import Severity
from sampler.domain.guardrails import inspect
from sampler.models import Change
from sampler.selectors.guard import context_of, limits_of, proposal_of
from stratum.core.jobs import only_one
from stratum.core.models import AdAccount
from stratum.platforms.http import NoAnswer, Refused, TryLater
from stratum.platforms.meta_ads import MetaAds


def execute_changes(account: AdAccount, *, now: datetime) -> dict[str, int]:
    """Sends the account's approved changes, cuts before raises, and returns how many ended where.

    Each is claimed by compare-and-set, passes the guardrails once more, is compared with the budget that stands on the platform, and
    goes out once. An account in dry run, or without a platform, rehearses: nothing is sent. One worker an account at a time; the
    others return at once.
    """
    with only_one(f"sampler.execute:{account.pk}") as mine:
        if not mine:
            return {}
        ended: Counter[str] = Counter()
        for raises in (False, True):
            claimed = claim_changes(account, raises=raises, now=now)
            if claimed:
                _work_off(account, claimed, now)
                ended.update(change.status for change in claimed)
        return dict(ended)


def _work_off(account: AdAccount, claimed: list[Change], now: datetime) -> None:
    account.refresh_from_db()
    for change in claimed:
        change.account = account
    live = account.platform == AdAccount.Platform.META and not account.dry_run
    try:
        platform = MetaAds(account.access_token) if live else None
        minimum = platform.minimum_budgets(account.external_id, currency=account.currency) if platform else 0
    except (NoAnswer, TryLater, Refused) as problem:
        give_back(claimed, reason=f"Not sent yet: {problem}.")
        return
    passed = [change for change in claimed if _passes(change, minimum, now)]
    if platform:
        send_changes(platform, account, passed, now=now)
        return
    for change in passed:
        move_change(change, states.REHEARSED, actor="Stratum", lease_until=None, outcome="Rehearsed: the account is in dry run, nothing was sent.")


def _passes(change: Change, minimum: int, now: datetime) -> bool:
    """The guardrails as of now. Every raise that is claimed counts as under way, so the cap holds whichever of them take effect."""
    context = context_of(change, holders_for(change, now), now=now, platform_minimum=minimum)
    found = inspect(proposal_of(change), limits_of(change.account), context)
    stopped = next((finding for finding in found if finding.severity == Severity.BLOCK), None)
    if stopped is None:
        return True
    findings = [asdict(finding) for finding in found]
    move_change(change, states.BLOCKED, actor="Stratum", findings=findings, lease_until=None, outcome=stopped.sentence)
    return False
