from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from datetime import date, datetime

from django.db import transaction

from attribution.selectors import loading
from sampler.actions.describe_change import described_changes
from sampler.actions.move_change import move_change
from sampler.actions.share_total import Share
from sampler.actions.split_by_portfolio import budgets_with_left, forecast_of_question, split_by_portfolio
from sampler.actions.split_by_score import split_by_score
from sampler.domain import states
from sampler.domain.split import Split
from sampler.models import AccountLimits, Change, Plan
from sampler.selectors.forecasts import Learnt, learnt, return_of
from sampler.selectors.guard import performance_at, revenue_at
from sampler.selectors.portfolios import latest_portfolio
from sampler.selectors.questions import Question, asked, while_learning, while_rejected
from stratum.core import audit
from stratum.core.models import AdAccount
from stratum.core.money import to_major

OPEN = (states.PROPOSED, states.INSPECTED, states.WAITING)


def propose_plan(
    account: AdAccount, *, day: date, now: datetime, seed: int, total: int | None = None, share: Share | None = None
) -> Plan | None:
    """Splits `total` (minor units a day; None: the total that stands, see `standing_total`) over the account's budgets and proposes the changes.

    `share`: the account's part of what joined accounts spend, instead of a total.

    By the account's policy; by the blended score where the engine has not learnt anything yet. The same seed, beliefs and state give
    the same plan. Changes that still wait from an earlier plan are superseded; budgets with a change in hand, or that still cool down
    from one, stay out. None when no budget may move, or while the account's history is being read (`why_nothing_may_move`).
    """
    if loading(account).is_loading:
        return None
    question = asked(account, day=day, total=share.total if share else total, now=now)
    if question is None:
        return None
    split, portfolio = answered(question, seed=seed)
    return keep_plan(question, split, portfolio, now=now, seed=seed, share=share)


def keep_plan(
    question: Question, split: Split, portfolio: str, *, now: datetime, seed: int, share: Share | None = None
) -> Plan:
    """Stores a split as the account's current plan, with the changes that lead there as proposals; see `propose_plan`."""
    with transaction.atomic():
        _supersede(question.account)
        plan = _store_plan(question, now, seed, split, portfolio, share)
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


def answered(question: Question, *, seed: int) -> tuple[Split, str]:
    """The split, and the digest of the state that it was made from; empty where no curve had a say. Stores nothing."""
    row = latest_portfolio(question.account)
    known = None if row is None or row[0].as_of_date > question.day else learnt(question.account, *row)
    _, split = answered_with(question, known, seed=seed)
    by_curves = known and split.policy == AccountLimits.Policy.PORTFOLIO
    return split, known.digest if by_curves else ""


def answered_with(question: Question, known: Learnt | None, *, seed: int) -> tuple[Question, Split]:
    """The split at what is `known`, and the question with all that narrowed it."""
    if known is None:
        return question, split_by_score(question, seed=seed)
    if question.rules.policy != AccountLimits.Policy.PORTFOLIO:
        return question, _forecast_by_curves(question, split_by_score(question, seed=seed), known)
    question = while_rejected(while_learning(question, known.portfolio), known.portfolio)
    return question, split_by_portfolio(question, known, seed=seed)


def _forecast_by_curves(question: Question, split: Split, known: Learnt) -> Split:
    """Whoever splits, what is expected comes from the same curves on every page."""
    forecast = forecast_of_question(question, known)
    after = budgets_with_left(question, split.after)
    parts = [
        replace(part, outlook=return_of(curve, budget, known.drift))
        for part, curve, budget in zip(split.parts, forecast.curves, after, strict=False)
    ]
    return replace(
        split,
        parts=tuple(parts),
        outlook=forecast.at(after),
        standing=forecast.standing,
        weekday=forecast.weekday,
    )


def _supersede(account: AdAccount) -> None:
    Plan.objects.filter(account=account, status=Plan.Status.CURRENT).update(status=Plan.Status.SUPERSEDED)
    for change in Change.objects.filter(account=account, status__in=OPEN, undo_of=None):
        move_change(change, states.SUPERSEDED, actor="Stratum", outcome="A newer plan took its place.")


def _store_plan(
    question: Question, now: datetime, seed: int, split: Split, portfolio: str, share: Share | None
) -> Plan:
    account, day, standing = question.account, question.day, question.standing
    inputs = {
        "holders": [dict(told) | {"after": part.after} for told, part in zip(split.inputs, split.parts, strict=True)],
        "beliefs": {str(ad): belief.state() for ad, belief in sorted(question.beliefs.items())},
        "portfolio": portfolio,
        "stood": share.total if share else standing.total,
        "placed": share.total if share else standing.own,
        "is_share": share is not None or standing.is_share,
        "counts_on": standing.counts_on,
        "left": [
            {"kind": one.holder.kind, "id": one.holder.id, "budget": one.holder.budget, "counted": one.counted}
            for one in question.left
        ],
        "forecast": {
            "standing": asdict(split.standing) if split.standing else None,
            "weekday": split.weekday,
            "budget": sum(split.after) + question.kept,
        },
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
        basis=_basis(question, split, share.sentence if share else ""),
        policy=split.policy,
        portfolio=portfolio,
        is_whole=not question.left,
        together=list(share.among) if share else [],
    )


def _basis(question: Question, split: Split, because: str) -> str:
    currency, holders = question.account.currency, question.holders
    budgets = f"{len(holders)} {'budget' if len(holders) == 1 else 'budgets'}"
    lines = [
        f"{to_major(sum(split.after), currency):,} {currency} a day over {budgets}, {split.basis[0]}",
        *split.basis[1:],
        *filter(None, [because]),
    ]
    if question.in_hand:
        lines.append(f"Budgets left as they are because a change of theirs is in hand: {question.in_hand}.")
    if question.resting:
        hours = f"{question.rules.cooldown_hours:g} hours"
        lines.append(f"Budgets left as they are because they were changed within the last {hours}: {question.resting}.")
    return " ".join(lines)
