from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import datetime

from sampler.actions.claim_changes import claim_changes
from sampler.actions.inspect_changes import holders_of
from sampler.actions.move_change import move_change
from sampler.actions.send_changes import send_changes
from sampler.domain import states
from sampler.domain.findings import Severity
from sampler.domain.guardrails import inspect
from sampler.domain.proposal import Context, Limits
from sampler.models import Change
from sampler.selectors.approvals import why_not_approved
from sampler.selectors.guard import context_of, limits_of, proposal_of
from stratum.core.actions.halt_sending import why_halted
from stratum.core.jobs import only_one
from stratum.core.models import AdAccount
from stratum.platforms.http import NoAnswer, Refused, TryLater
from stratum.platforms.meta_ads import MetaAds


def execute_changes(account: AdAccount, *, now: datetime) -> dict[str, int]:
    """Sends the account's approved changes, cuts before raises, and returns how many ended where.

    Each is claimed by compare-and-set, passes the guardrails once more, is compared with the budget that stands on the platform, and
    goes out once. An account in dry run, or without a platform, rehearses: nothing is sent. One worker an account at a time; the
    others return at once. While the platform cannot be reached, or sending is stopped, the changes stay approved and say why.
    """
    with only_one(f"sampler.execute:{account.pk}") as mine:
        approved = Change.objects.filter(account=account, status=states.APPROVED)
        if not mine or not approved.exists():
            return {}
        account.refresh_from_db()
        if stopped := why_halted(account):
            return {states.APPROVED: approved.update(outcome=stopped)}
        platform = (
            MetaAds(account.access_token)
            if account.platform == AdAccount.Platform.META and not account.dry_run
            else None
        )
        try:
            minimum = platform.minimum_budgets(account.external_id, currency=account.currency) if platform else 0
        except (NoAnswer, TryLater, Refused) as problem:
            return {states.APPROVED: approved.update(outcome=f"Not sent yet: {problem}.")}
        cuts = _work_off(account, platform, minimum, raises=False, now=now)
        raises = _work_off(account, platform, minimum, raises=True, now=now)
        return dict(Counter(change.status for change in (*cuts, *raises)))


def _work_off(
    account: AdAccount, platform: MetaAds | None, minimum: int, *, raises: bool, now: datetime
) -> list[Change]:
    """Every raise that is claimed counts as under way, so the cap holds whichever of them take effect."""
    claimed = claim_changes(account, raises=raises, now=now)
    holders = holders_of(account, claimed, now)
    contexts = {
        change.pk: context_of(change, holders[change.pk], now=now, platform_minimum=minimum) for change in claimed
    }
    limits = limits_of(account)
    passed = [change for change in claimed if _passes(change, limits, contexts[change.pk], now)]
    if platform and passed:
        send_changes(platform, account, passed, now=now)
    for change in () if platform else passed:
        move_change(
            change,
            states.REHEARSED,
            actor="Stratum",
            lease_until=None,
            outcome="Rehearsed: nothing was sent, the account is not live.",
        )
    return claimed


def _passes(change: Change, limits: Limits, context: Context, now: datetime) -> bool:
    """The guardrails as they find it now, and approvals for exactly this."""
    found = inspect(proposal_of(change), limits, context)
    change.findings = [asdict(finding) for finding in found]
    stopped = next((finding.sentence for finding in found if finding.severity == Severity.BLOCK), "")
    stopped = stopped or why_not_approved(change, limits, now=now)
    if stopped:
        move_change(
            change, states.BLOCKED, actor="Stratum", findings=change.findings, lease_until=None, outcome=stopped
        )
    return not stopped
