"""Random plans, one in eight of their changes absurd, carried out until nothing of them is under way any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from django.db import transaction

from sampler.actions.execute_changes import execute_changes
from sampler.actions.inspect_changes import inspect_changes
from sampler.actions.resolve_unknowns import resolve_unknowns
from sampler.actions.review_change import approve_change
from sampler.actions.undo_change import CannotBeUndone, undo_change
from sampler.domain import states
from sampler.models import AccountPace, Change, Plan
from stratum.core.clock import real_now
from stratum.core.models import AdAccount, AdSet, Campaign
from stratum.core.permissions import ALLOWED, APPROVER
from stratum.platforms.meta_money import smallest_step
from stratum.platforms.side_by_side import side_by_side

ABSURD = 1 / 8
MOST_ROUNDS = 60
WHO = {"by": "ada@example.com", "verbs": ALLOWED[APPROVER]}
UNDER_WAY = (states.PROPOSED, states.INSPECTED, states.WAITING, states.APPROVED, states.SENDING, states.UNKNOWN)


def budgets_of(account: AdAccount) -> list[AdSet | Campaign]:
    rows = [model.objects.filter(account=account, daily_budget__gt=0).order_by("id") for model in (AdSet, Campaign)]
    return [row for one in rows for row in one]


def propose_random_plan(account: AdAccount, *, now: datetime, rng: np.random.Generator) -> Plan:
    plan = Plan.objects.create(
        workspace_id=account.workspace_id, account=account, day=now.date(), seed=0, total=0, currency=account.currency,
        created_at=now, inputs={"holders": []}, expected=2, low=1, high=3, basis="drawn at random",
    )  # fmt: skip
    Change.objects.bulk_create(_change(plan, target, now, rng) for target in budgets_of(account))
    return plan


def _change(plan: Plan, target: AdSet | Campaign, now: datetime, rng: np.random.Generator) -> Change:
    is_ad_set = isinstance(target, AdSet)
    return Change(
        workspace_id=plan.workspace_id,
        plan=plan,
        account=plan.account,
        target_kind=Change.Target.AD_SET if is_ad_set else Change.Target.CAMPAIGN,
        ad_set=target if is_ad_set else None,
        campaign=None if is_ad_set else target,
        before=target.daily_budget,
        after=_wanted(target.daily_budget, plan.currency, rng),
        currency=plan.currency,
        evidence={"clicks": 500, "conversions": 20},
        expected=2.0,
        low=1.0,
        high=3.0,
        created_at=now,
    )


def _wanted(budget: int, currency: str, rng: np.random.Generator) -> int:
    """Mostly a step that is allowed; else one far beyond, a thousandfold, next to nothing, or an amount that no platform holds."""
    step = smallest_step(currency)
    if rng.random() >= ABSURD:
        return max(round(budget * rng.uniform(0.72, 1.19) / step), 1) * step
    return max(int(budget * rng.choice([rng.uniform(0.05, 3.0), 1000.0, 0.001])) + int(rng.integers(0, step)), 1)


def undo_plan(plan: Plan, *, now: datetime) -> int:
    """Asks to take back what of a plan is in force. How many were asked for."""
    asked = 0
    for pk in Change.objects.filter(plan=plan, status=states.APPLIED).order_by("id").values_list("pk", flat=True):
        try:
            undo_change(pk, **WHO, now=now)
            asked += 1
        except CannotBeUndone:
            pass
    return asked


def carry_out(accounts: Sequence[AdAccount], *, now: datetime) -> None:
    """Until every change has ended, as the workers do it; between rounds the time goes by that the platform asked for."""
    for account in accounts:
        decide(account, now=now)
    for _ in range(MOST_ROUNDS):
        side_by_side(accounts, lambda account, calls: execute_changes(account, now=now, calls=calls))
        side_by_side(accounts, lambda account, calls: resolve_unknowns(account, now=now, calls=calls))
        accounts = [one for one in accounts if Change.objects.filter(account=one, status__in=UNDER_WAY).exists()]
        if not accounts:
            return
        for account in accounts:
            let_time_pass(account)


def decide(account: AdAccount, *, now: datetime) -> None:
    """The guardrails look at what is proposed, and a person approves whatever they leave to one."""
    with transaction.atomic():
        inspect_changes(account, now=now)
        for pk in Change.objects.filter(account=account, status=states.WAITING).values_list("pk", flat=True):
            approve_change(pk, **WHO, now=now)


def let_time_pass(account: AdAccount) -> None:
    """Waits are kept in real time, which a benchmark has not got."""
    Change.objects.filter(account=account, lease_until__gt=real_now()).update(lease_until=real_now())
    AccountPace.objects.filter(account=account).update(free_at=real_now())
