from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sampler.domain.split import HolderSplit, Split
from sampler.models import Change, Plan
from sampler.selectors.budgets import BudgetHolder


def described_changes(plan: Plan, holders: Sequence[BudgetHolder], split: Split, *, now: datetime) -> list[Change]:
    """The changes of a plan with their reasons, not stored yet. Budgets that stay bring none."""
    return [
        _described(plan, holder, part, now)
        for holder, part in zip(holders, split.parts, strict=True)
        if part.after != holder.budget
    ]


def _described(plan: Plan, holder: BudgetHolder, part: HolderSplit, now: datetime) -> Change:
    return Change(
        workspace_id=plan.workspace_id,
        plan=plan,
        account_id=plan.account_id,
        target_kind=holder.kind,
        campaign_id=holder.id if holder.kind == Change.Target.CAMPAIGN else None,
        ad_set_id=holder.id if holder.kind == Change.Target.AD_SET else None,
        before=holder.budget,
        after=part.after,
        currency=plan.currency,
        reasons=[asdict(reason) for reason in part.because],
        evidence={"clicks": part.clicks, "conversions": part.conversions, "gain": part.gain, "grounds": part.grounds},
        expected=part.outlook.mean,
        low=part.outlook.low,
        high=part.outlook.high,
        would_change_our_mind=part.would_change_our_mind,
        curve=part.curve,
        created_at=now,
    )
