from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from sampler.actions.describe_change import described_changes, is_tiny
from sampler.actions.move_change import move_change
from sampler.actions.split_by_portfolio import split_by_portfolio
from sampler.actions.split_by_score import split_by_score
from sampler.domain import states
from sampler.domain.belief import Belief
from sampler.domain.budget_bounds import Holder, StepLimits, all_bounds
from sampler.domain.drift import UNKNOWN
from sampler.domain.proposal import Limits
from sampler.domain.split import Split
from sampler.models import AccountLimits, Change, Plan
from sampler.selectors.beliefs import beliefs_of
from sampler.selectors.budgets import BudgetHolder, budget_holders, standing_total
from sampler.selectors.guard import limits_of, performance_at, policy_of, revenue_at
from sampler.selectors.portfolios import latest_portfolio
from stratum.core import audit
from stratum.core.models import AdAccount
from stratum.core.money import to_major
from stratum.platforms.meta_money import smallest_step

IN_HAND = (states.APPROVED, states.SENDING, states.UNKNOWN)
OPEN = (states.PROPOSED, states.INSPECTED, states.WAITING)


@dataclass(frozen=True)
class Question:
    """What is to be split: the budgets that may move, in minor units of the account's currency, and what is believed of their ads."""

    account: AdAccount
    holders: Sequence[BudgetHolder]
    beliefs: Mapping[int, Belief]
    skipped: int
    total: int


def propose_plan(account: AdAccount, *, day: date, now: datetime, seed: int, total: int | None = None) -> Plan | None:
    """Splits `total` (minor units a day; None: the total that stands, see `standing_total`) over the account's budgets and proposes the changes.

    By the account's policy; by the blended score where the engine has not learnt anything yet. The same seed, beliefs and state give
    the same plan. Changes that still wait from an earlier plan are superseded; budgets with a change in hand stay out. None when no
    budget may move, or when the account counts in another currency than its workspace.
    """
    question = asked(account, day=day, total=total)
    if question is None:
        return None
    split, portfolio = answered(question, day=day, seed=seed)
    with transaction.atomic():
        _supersede(account)
        plan = _store_plan(question, day, now, seed, split, portfolio)
        Change.objects.bulk_create(described_changes(plan, question.holders, split, now=now))
        audit.record(
            "plan proposed",
            plan,
            actor="Stratum",
            total=plan.total,
            currency=plan.currency,
            seed=seed,
            inputs_hash=plan.inputs_hash,
        )
    return plan


def asked(account: AdAccount, *, day: date, total: int | None = None) -> Question | None:
    """What there is to split; None when nothing may move."""
    if account.currency != account.workspace.currency:
        return None
    busy = _busy_targets(account)
    holders = budget_holders(account, day=day)
    free = [holder for holder in holders if holder.target not in busy]
    if not free:
        return None
    beliefs = beliefs_of(ad for holder in free for ad in holder.ad_ids)
    beliefs = {ad: belief for ad, belief in beliefs.items() if belief.as_of <= day.toordinal()}
    kept = sum(holder.budget for holder in holders) - sum(holder.budget for holder in free)
    wanted = standing_total(account, holders) if total is None else total
    return Question(account, free, beliefs, len(busy), wanted - kept)


def answered(question: Question, *, day: date, seed: int) -> tuple[Split, str]:
    """The split, and the digest of the state that it was made from; empty where no curve had a say. Stores nothing."""
    account, unit = question.account, _unit(question.account)
    steps = _steps(limits_of(account), unit)
    bounds = all_bounds([Holder(holder.key, holder.budget // unit, 0.0) for holder in question.holders], steps)
    known = latest_portfolio(account) if policy_of(account) == AccountLimits.Policy.PORTFOLIO else None
    more: dict[str, Any] = {"day": day, "seed": seed, "total": question.total, "unit": unit}
    if known is None or known[0].as_of_date > day:
        return split_by_score(account, question.holders, question.beliefs, bounds, **more), ""
    state, portfolio = known
    more["drift"] = state.drift.get(str(account.pk), UNKNOWN)
    return split_by_portfolio(account, portfolio, question.holders, question.beliefs, bounds, **more), state.digest


def _unit(account: AdAccount) -> int:
    return smallest_step(account.currency) if account.platform == AdAccount.Platform.META else 1


def _steps(limits: Limits, unit: int) -> StepLimits:
    ceiling = None if limits.ceiling is None else limits.ceiling // unit
    return StepLimits(limits.step_up, limits.step_down, floor=max(-(-limits.floor // unit), 1), ceiling=ceiling)


def _busy_targets(account: AdAccount) -> set[tuple[str, int]]:
    rows = Change.objects.filter(account=account, status__in=IN_HAND).values_list(
        "target_kind", "ad_set_id", "campaign_id"
    )
    return {(kind, ad_set or campaign) for kind, ad_set, campaign in rows}


def _supersede(account: AdAccount) -> None:
    Plan.objects.filter(account=account, status=Plan.Status.CURRENT).update(status=Plan.Status.SUPERSEDED)
    for change in Change.objects.filter(account=account, status__in=OPEN, undo_of=None):
        move_change(change, states.SUPERSEDED, actor="Stratum", outcome="A newer plan took its place.")


def _store_plan(question: Question, day: date, now: datetime, seed: int, split: Split, portfolio: str) -> Plan:
    account = question.account
    inputs = {
        "holders": [dict(told) | {"after": part.after} for told, part in zip(split.inputs, split.parts, strict=True)],
        "beliefs": {str(ad): belief.state() for ad, belief in sorted(question.beliefs.items())},
        "portfolio": portfolio,
    }
    return Plan.objects.create(
        workspace_id=account.workspace_id,
        account=account,
        day=day,
        seed=seed,
        total=sum(split.after),
        currency=account.currency,
        created_at=now,
        performance_at=performance_at(account, day, now),
        revenue_at=revenue_at(account, day, now),
        inputs=inputs,
        inputs_hash=hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest(),
        expected=split.outlook.mean,
        low=split.outlook.low,
        high=split.outlook.high,
        basis=_basis(question, split),
        policy=split.policy,
        portfolio=portfolio,
    )


def _basis(question: Question, split: Split) -> str:
    currency, holders = question.account.currency, question.holders
    budgets = f"{len(holders)} {'budget' if len(holders) == 1 else 'budgets'}"
    lines = [
        f"{to_major(sum(split.after), currency):,} {currency} a day over {budgets}, {split.basis[0]}",
        *split.basis[1:],
    ]
    if question.skipped:
        lines.append(f"Budgets left as they are because a change of theirs is in hand: {question.skipped}.")
    moves = [
        (holder.budget, after) for holder, after in zip(holders, split.after, strict=True) if after != holder.budget
    ]
    tiny = sum(is_tiny(before, after, currency) for before, after in moves)
    if tiny:
        lines.append(f"Moves left alone because they are below 1 % and below one {currency}: {tiny}.")
    return " ".join(lines)
