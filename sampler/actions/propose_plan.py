from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime

import numpy as np
from django.db import transaction

from sampler.actions.describe_change import described_changes, is_tiny
from sampler.actions.move_change import move_change
from sampler.domain import states
from sampler.domain.belief import Belief
from sampler.domain.budget_bounds import Holder, StepLimits, all_bounds
from sampler.domain.budget_plan import Placement, place
from sampler.domain.drift import shared_shocks
from sampler.domain.expected_return import Expected, expected, returns_at
from sampler.domain.holder_scores import HolderScores, holder_scores
from sampler.domain.proposal import Limits
from sampler.models import Change, Plan
from sampler.selectors.beliefs import beliefs_of
from sampler.selectors.budgets import BudgetHolder, budget_holders, standing_total
from sampler.selectors.drift import drift_of
from sampler.selectors.guard import limits_of, performance_at, revenue_at
from stratum.core import audit
from stratum.core.models import AdAccount
from stratum.core.money import to_major
from stratum.platforms.meta_money import smallest_step

IN_HAND = (states.APPROVED, states.SENDING, states.UNKNOWN)
OPEN = (states.PROPOSED, states.INSPECTED, states.WAITING)


@dataclass(frozen=True)
class Split:
    """What was planned: the holders that may move, their scores, and their budgets after."""

    holders: list[BudgetHolder]
    scores: HolderScores
    placement: Placement
    after: list[int]
    shocks: np.ndarray
    """One factor a draw: how far the account's return may stray from its past."""
    outlook: Expected


def propose_plan(account: AdAccount, *, day: date, now: datetime, seed: int, total: int | None = None) -> Plan | None:
    """Splits `total` (minor units a day; None: the total that stands, see `standing_total`) over the account's budgets and proposes the changes.

    The same seed and beliefs give the same plan. Changes that still wait from an earlier plan are superseded; budgets with a change in
    hand stay out. None when no budget may move, or when the account counts in another currency than its workspace.
    """
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
    split = _split(account, free, beliefs, day, seed, wanted - kept)
    with transaction.atomic():
        _supersede(account)
        plan = _store_plan(account, day, now, seed, split, beliefs, skipped=len(busy))
        Change.objects.bulk_create(
            described_changes(plan, split.holders, split.after, split.scores, split.shocks, now=now)
        )
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


def _split(
    account: AdAccount, holders: list[BudgetHolder], beliefs: dict[int, Belief], day: date, seed: int, total: int
) -> Split:
    limits, unit = limits_of(account), _unit(account)
    scores = holder_scores([holder.ad_ids for holder in holders], beliefs, day.toordinal(), np.random.default_rng(seed))
    slots = [
        Holder(h.id * 2 + (h.kind == Change.Target.CAMPAIGN), h.budget // unit, float(s))
        for h, s in zip(holders, scores.score, strict=True)
    ]
    placement = place(total // unit, slots, all_bounds(slots, _steps(limits, unit)))
    after = [budget * unit for budget in placement.budgets]
    before = np.array([holder.budget for holder in holders], dtype=np.float64)
    samples = returns_at(scores.samples, before, np.array(after, dtype=np.float64)).sum(axis=1) / max(sum(after), 1)
    shocks = shared_shocks(drift_of(account, day), len(samples), np.random.default_rng([seed, 1]))
    return Split(holders, scores, placement, after, shocks, expected(samples * shocks))


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


def _store_plan(
    account: AdAccount, day: date, now: datetime, seed: int, split: Split, beliefs: dict[int, Belief], *, skipped: int
) -> Plan:
    inputs = {
        "holders": [
            asdict(holder) | {"score": float(score), "after": after}
            for holder, score, after in zip(split.holders, split.scores.score, split.after, strict=True)
        ],
        "beliefs": {str(ad): belief.state() for ad, belief in sorted(beliefs.items())},
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
        basis=_basis(account, split, skipped),
    )


def _basis(account: AdAccount, split: Split, skipped: int) -> str:
    lines = [
        f"{to_major(sum(split.after), account.currency):,} {account.currency} a day over {len(split.holders)} {'budget' if len(split.holders) == 1 else 'budgets'}, by expected return."
    ]
    if split.placement.reason:
        lines.append(f"The nearest that is possible: {split.placement.reason}.")
    if skipped:
        lines.append(f"Budgets left as they are because a change of theirs is in hand: {skipped}.")
    moves = [
        (holder.budget, after)
        for holder, after in zip(split.holders, split.after, strict=True)
        if after != holder.budget
    ]
    tiny = sum(is_tiny(before, after, account.currency) for before, after in moves)
    if tiny:
        lines.append(f"Moves left alone because they are below 1 % and below one {account.currency}: {tiny}.")
    return " ".join(lines)
