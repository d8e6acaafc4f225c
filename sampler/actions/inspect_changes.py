from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import IntegrityError, transaction

from sampler.actions.move_change import move_change
from sampler.actions.record_approval import record_approval
from sampler.domain import states
from sampler.domain.findings import Finding, blocks, clean
from sampler.domain.guardrails import inspect
from sampler.models import Change
from sampler.selectors.approvals import ITSELF
from sampler.selectors.budgets import BudgetHolder, budget_holders
from sampler.selectors.guard import context_of, limits_in, may_act_alone, proposal_of, rules_of, surroundings_of
from stratum.core.models import AdAccount
from stratum.core.periods import local_day


def inspect_changes(account: AdAccount, *, now: datetime) -> dict[str, int]:
    """Puts every proposed change of the account through the guardrails, and returns how many went where.

    Blocked ones end here; the rest wait for a person, except that without findings they are approved where the account's
    limits let Stratum act by itself. Cuts are looked at first, as they are sent first.
    """
    rules = rules_of(account)
    limits, alone = limits_in(rules), may_act_alone(rules)
    rows = (
        Change.objects.filter(account=account, status__in=(states.PROPOSED, states.INSPECTED))
        .select_related("account__workspace", "plan")
        .defer("plan__inputs")
    )
    changes = sorted(rows, key=lambda change: (change.after - change.before, change.pk))
    holders, around = holders_of(account, changes, now), surroundings_of(account, changes, now=now)
    went: dict[str, int] = {}
    for change in changes:
        found = inspect(proposal_of(change), limits, context_of(change, holders[change.pk], around, now=now))
        status = _settle(change, found, alone=alone, now=now)
        if status:
            went[status] = went.get(status, 0) + 1
    return went


def holders_of(account: AdAccount, changes: list[Change], now: datetime) -> dict[int, list[BudgetHolder]]:
    """All the account's budget holders on the day of each change's plan, by the change's id."""
    days = {change.pk: change.plan.day if change.plan else local_day(now, account.timezone) for change in changes}
    found = {day: budget_holders(account, day=day) for day in set(days.values())}
    return {pk: found[day] for pk, day in days.items()}


def _settle(change: Change, found: list[Finding], *, alone: bool, now: datetime) -> str:
    findings = [asdict(finding) for finding in found]
    if change.status == states.PROPOSED and not move_change(
        change, states.INSPECTED, actor="Stratum", findings=findings
    ):
        return ""
    try:
        with transaction.atomic():
            if blocks(found):
                moved = move_change(
                    change, states.BLOCKED, actor="Stratum", findings=findings, outcome=_first_block(found)
                )
            elif alone and clean(found):
                record_approval(change, by=ITSELF, now=now)
                moved = move_change(
                    change, states.APPROVED, actor=ITSELF, findings=findings, decided_by=ITSELF, decided_at=now
                )
            else:
                moved = move_change(change, states.WAITING, actor="Stratum", findings=findings)
    except IntegrityError:
        change.refresh_from_db()
        moved = move_change(
            change, states.SUPERSEDED, actor="Stratum", outcome="Another change of this budget is in hand."
        )
    return change.status if moved else ""


def _first_block(found: list[Finding]) -> str:
    return next(finding.sentence for finding in found if finding.severity == "block")
