from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import numpy as np

from sampler.domain.expected_return import expected, returns_at
from sampler.domain.holder_scores import HolderScores
from sampler.domain.reasons import Case, because, would_change_our_mind
from sampler.models import Change, Plan
from sampler.selectors.budgets import BudgetHolder
from stratum.core.money import exponent


def is_tiny(before: int, after: int, currency: str) -> bool:
    """Below 1 % and below one major unit: not worth a change."""
    return abs(after - before) < min(0.01 * before, 10 ** exponent(currency))


def described_changes(
    plan: Plan,
    holders: Sequence[BudgetHolder],
    after: Sequence[int],
    scores: HolderScores,
    shocks: np.ndarray,
    *,
    now: datetime,
) -> list[Change]:
    """The changes of a plan with their reasons, not stored yet. Budgets that stay, or move a trifle, bring none."""
    before = np.array([holder.budget for holder in holders], dtype=np.float64)
    at_new = returns_at(scores.samples, before, np.array(after, dtype=np.float64)) / np.maximum(after, 1)
    account = (scores.samples @ before) / max(before.sum(), 1.0)
    account_drawn = float(scores.score @ before) / max(before.sum(), 1.0)
    return [
        _described(plan, holder, after[i], _case(scores, account, account_drawn, i), at_new[:, i] * shocks, now)
        for i, holder in enumerate(holders)
        if after[i] != holder.budget and not is_tiny(holder.budget, after[i], plan.currency)
    ]


def _case(scores: HolderScores, account: np.ndarray, account_drawn: float, i: int) -> Case:
    return Case(
        mean=float(scores.mean[i]),
        account_mean=float(account.mean()),
        drawn=float(scores.score[i]),
        account_drawn=account_drawn,
        above=float((scores.samples[:, i] > account).mean()),
        own_weight=float(scores.own_weight[i]),
        clicks=float(scores.clicks[i]),
        conversions=float(scores.conversions[i]),
        click_rate=float(scores.click_rate[i]),
        account_click_rate=scores.account_click_rate,
        decay=float(scores.decay[i]),
    )


def _described(plan: Plan, holder: BudgetHolder, after: int, case: Case, samples: np.ndarray, now: datetime) -> Change:
    outlook = expected(samples)
    return Change(
        workspace_id=plan.workspace_id,
        plan=plan,
        account_id=plan.account_id,
        target_kind=holder.kind,
        campaign_id=holder.id if holder.kind == Change.Target.CAMPAIGN else None,
        ad_set_id=holder.id if holder.kind == Change.Target.AD_SET else None,
        before=holder.budget,
        after=after,
        currency=plan.currency,
        reasons=[asdict(reason) for reason in because(case)],
        evidence={"clicks": case.clicks, "conversions": case.conversions},
        expected=outlook.mean,
        low=outlook.low,
        high=outlook.high,
        would_change_our_mind=would_change_our_mind(case, raised=after > holder.budget),
        created_at=now,
    )
