from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict, replace
from datetime import datetime

from django.db import transaction

from sampler.actions.claim_changes import approved_changes, claim_changes
from sampler.actions.hold_back import hold_back
from sampler.actions.inspect_changes import holders_of
from sampler.actions.keep_pace import wait_for, why_waiting
from sampler.actions.move_change import move_change
from sampler.actions.read_standing import Standing, read_standing
from sampler.actions.resolve_unknowns import settle_by_reading
from sampler.actions.send_changes import send_changes
from sampler.domain import states
from sampler.domain.findings import Finding, Severity
from sampler.domain.guardrails import inspect
from sampler.domain.proposal import Context
from sampler.models import AccountLimits, Change
from sampler.selectors.approvals import Lacking, what_it_lacks, why_lapsed_while_held
from sampler.selectors.guard import (
    context_of,
    limits_in,
    limits_of,
    may_act_alone,
    proposal_of,
    rules_of,
    surroundings_of,
)
from stratum.core.actions.halt_sending import why_halted
from stratum.core.jobs import only_one
from stratum.core.models import AdAccount
from stratum.platforms.ads import PLATFORMS, AdPlatform, platform_of
from stratum.platforms.http import Calling, NoAnswer, Refused, TryLater
from stratum.platforms.meta_batch import STOP_SECONDS

STANDING_SECONDS = 30.0
"""Budgets that were read longer ago are read anew before anything is sent on their word."""


def execute_changes(account: AdAccount, *, now: datetime, calls: Calling | None = None) -> dict[str, int]:
    """Sends the account's approved changes, cuts before raises, and returns how many ended where.

    Raises whose cuts do not stand yet are left alone, without a call. The others are claimed by compare-and-set, pass the guardrails
    once more, are compared with the budget that stands on the platform, and go out once; what by now lacks a person's word waits for
    it again. What an earlier sending left unknown is settled by the same reading. An account in dry run, or without a platform,
    rehearses: nothing is sent. One worker an account at a time; the others return at once. While the platform cannot be reached or
    asked for patience, or sending is stopped, the changes stay approved and say why. `calls` where they are shared with others.
    """
    with only_one(f"sampler.execute:{account.pk}") as mine:
        approved = Change.objects.filter(account=account, status=states.APPROVED)
        if not mine or not approved.exists():
            return {}
        account.refresh_from_db()
        if stopped := why_halted(account) or (not account.dry_run and why_waiting(account)):
            return {states.APPROVED: approved.update(outcome=stopped)}
        if account.platform not in PLATFORMS or account.dry_run:
            return dict(Counter(change.status for change in _rehearse(account, now)))
        return _send(account, platform_of(account, calls), now)


def _rehearse(account: AdAccount, now: datetime) -> list[Change]:
    worked = []
    for raises in (False, True):
        claimed = claim_changes(approved_changes(account, raises=raises))
        worked += claimed
        for change in _passing(account, claimed, now):
            move_change(
                change,
                states.REHEARSED,
                actor="Stratum",
                lease_until=None,
                outcome="Rehearsed: nothing was sent, the account is not live.",
            )
    return worked


def _send(account: AdAccount, platform: AdPlatform, now: datetime) -> dict[str, int]:
    approved = Change.objects.filter(account=account, status=states.APPROVED)
    worked: list[Change] = []
    standing: Standing | None = None
    read_at = 0.0
    try:
        for raises in (False, True):
            looked_at = approved_changes(account, raises=raises)
            worked += looked_at
            due = _due(account, looked_at, now)
            if not due:
                continue
            if standing is None:
                standing, read_at = read_standing(platform, account, now=now), time.monotonic()
                worked += settle_by_reading(account, standing.budgets, now=now)
            elif time.monotonic() - read_at > STANDING_SECONDS:
                standing, read_at = read_standing(platform, account, now=now), time.monotonic()
            claimed = hold_back(claim_changes(due))
            passed = _passing(account, claimed, now, standing=standing)
            if passed and not send_changes(platform, account, passed, standing.budgets, now=now):
                break
    except (NoAnswer, TryLater, Refused) as problem:
        _told_to_wait(account, problem)
        approved.update(outcome=f"Not sent yet: {problem}.")
    else:
        if platform.wait:
            wait_for(account, seconds=platform.wait, because="the platform's rate limit is nearly used up")
    ended = Counter(change.status for change in worked)
    left = approved.exclude(pk__in=[change.pk for change in worked]).count()
    return dict(ended + Counter({states.APPROVED: left}))


def _due(account: AdAccount, approved: list[Change], now: datetime) -> list[Change]:
    """Those that need not wait for cuts. Approvals lapse while their changes wait, too."""
    due = hold_back(approved)
    going = {change.pk for change in due}
    held = [change for change in approved if change.status == states.APPROVED and change.pk not in going]
    limits = limits_of(account)
    for change in held:
        if lapsed := why_lapsed_while_held(change, limits, now=now):
            move_change(change, states.BLOCKED, actor="Stratum", outcome=lapsed)
    return due


def _told_to_wait(account: AdAccount, problem: Exception) -> None:
    if isinstance(problem, TryLater):
        wait_for(account, seconds=problem.seconds, because=str(problem))
    elif isinstance(problem, Refused):
        wait_for(account, seconds=STOP_SECONDS, because=str(problem))


def _passing(
    account: AdAccount, claimed: list[Change], now: datetime, *, standing: Standing | None = None
) -> list[Change]:
    """Those that pass the guardrails. Every raise that is claimed counts as under way, so the cap holds whichever take effect."""
    holders, around = holders_of(account, claimed, now), surroundings_of(account, claimed, now=now)
    strangers = standing.strangers if standing else []
    if standing:
        around = replace(around, fixed=replace(around.fixed, untold=(*around.fixed.untold, *standing.untold)))
    contexts = {change.pk: context_of(change, [*holders[change.pk], *strangers], around, now=now) for change in claimed}
    rules = rules_of(account)
    with transaction.atomic():
        passed = [change for change in claimed if _passes(change, rules, contexts[change.pk], now)]
        Change.objects.bulk_update(passed, ["findings"], batch_size=500)
    return passed


def _passes(change: Change, rules: AccountLimits, context: Context, now: datetime) -> bool:
    """The guardrails as they find it now, and approvals for exactly this."""
    limits = limits_in(rules)
    found = inspect(proposal_of(change), limits, context)
    change.findings = [asdict(finding) for finding in found]
    lacking = _blocked(found) or what_it_lacks(change, limits, alone=may_act_alone(rules), now=now)
    if lacking is None:
        return True
    undecided = {"decided_by": "", "decided_at": None} if lacking.status == states.WAITING else {}
    move_change(
        change,
        lacking.status,
        actor="Stratum",
        findings=change.findings,
        lease_until=None,
        outcome=lacking.because,
        **undecided,
    )
    return False


def _blocked(found: list[Finding]) -> Lacking | None:
    stopped = next((finding for finding in found if finding.severity == Severity.BLOCK), None)
    return Lacking(states.BLOCKED, stopped.sentence) if stopped else None
