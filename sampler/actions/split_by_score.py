from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sampler.domain.budget_bounds import Holder
from sampler.domain.budget_plan import place
from sampler.domain.drift import shared_shocks
from sampler.domain.expected_return import expected, returns_at
from sampler.domain.fuzzy_budgets import blurred
from sampler.domain.holder_scores import HolderScores, holder_scores
from sampler.domain.reasons import Case, because, of_all, would_change_our_mind
from sampler.domain.split import HolderSplit, Split
from sampler.models import AccountLimits
from sampler.selectors.drift import drift_of
from sampler.selectors.questions import Question, worth_a_change

POLICY = AccountLimits.Policy.BLENDED


def split_by_score(question: Question, *, seed: int) -> Split:
    """Budgets in proportion to today's × the blended score of their ads, inside the bounds."""
    holders, unit, day = question.holders, question.unit, question.day
    rng = np.random.default_rng(seed)
    scores = holder_scores([holder.ad_ids for holder in holders], question.beliefs, day.toordinal(), rng)
    slots = [
        Holder(holder.key, holder.budget // unit, float(score))
        for holder, score in zip(holders, scores.score, strict=True)
    ]
    placement = place(question.total // unit, slots, question.bounds)
    low, high = ([getattr(bound, side) for bound in question.bounds] for side in ("low", "high"))
    units = blurred(placement.budgets, low=low, high=high, share=question.rules.jitter, seed=seed)
    after = [budget * unit for budget in worth_a_change(question, units)]
    before = np.array([holder.budget for holder in holders], dtype=np.float64)
    samples = returns_at(scores.samples, before, np.array(after, dtype=np.float64))
    shocks = shared_shocks(drift_of(question.account, day), len(samples), np.random.default_rng([seed, 1]))
    calm_slots = [replace(slot, score=float(mean)) for slot, mean in zip(slots, scores.mean, strict=True)]
    calm = place(question.total // unit, calm_slots, question.bounds)
    elsewhere = sum(abs(one - other) for one, other in zip(placement.budgets, calm.budgets, strict=True)) / 2
    impossible = [f"The nearest that is possible: {placement.reason}."] if placement.reason else []
    return Split(
        policy=POLICY,
        explored=elsewhere / max(sum(placement.budgets), 1),
        parts=_parts(scores, before, after, samples, shocks, question.account.workspace.results),
        outlook=expected(samples.sum(axis=1) / max(sum(after), 1) * shocks),
        basis=("by expected ROAS.", *impossible),
        inputs=tuple(
            vars(holder) | {"score": float(score)} for holder, score in zip(holders, scores.score, strict=True)
        ),
    )


def _parts(
    scores: HolderScores,
    before: np.ndarray,
    after: Sequence[int],
    samples: np.ndarray,
    shocks: np.ndarray,
    results: str,
) -> tuple[HolderSplit, ...]:
    account = (scores.samples @ before) / max(before.sum(), 1.0)
    account_drawn = float(scores.score @ before) / max(before.sum(), 1.0)
    best = np.bincount(scores.samples.argmax(axis=1), minlength=len(after)) / len(scores.samples)
    parts = []
    for i, budget in enumerate(after):
        case = replace(_case(scores, account, account_drawn, i), results=results)
        parts.append(
            HolderSplit(
                after=budget,
                because=(*because(case), *of_all(float(best[i]), len(after))),
                would_change_our_mind=would_change_our_mind(case, raised=budget > before[i]),
                outlook=expected(samples[:, i] / max(budget, 1) * shocks),
                clicks=case.clicks,
                conversions=case.conversions,
                best=float(best[i]),
            )
        )
    return tuple(parts)


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
