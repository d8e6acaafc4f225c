from __future__ import annotations

import random
import time
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from sampler.actions.propose_plan import answered
from sampler.domain.expected_return import Expected
from sampler.domain.split import Split
from sampler.models import AccountLimits
from sampler.selectors import decision_memory as memory
from sampler.selectors.decision_version import decision_version
from sampler.selectors.guard import policy_of
from sampler.selectors.plans import planning_day
from sampler.selectors.questions import Question, asked
from stratum.core.models import AdAccount
from stratum.core.money import to_major

LOOKED_AT_AGAIN = 0.05
SOON = timedelta(hours=1)


def decide(
    account: AdAccount, *, day: date, seed: int, total: int | None = None, chance: float | None = None
) -> dict[str, Any]:
    """How the account's budgets would be split now, with scores and reasons; stores nothing but the answer itself.

    From memory where nothing that it depends on has changed; one answer in twenty is then computed all the same and compared. `total`
    in minor units; None: what stands. `chance` between 0 and 1 decides about the comparison.
    """
    version = decision_version(account, day=day, seed=seed, total=total)
    began = time.perf_counter()
    known = memory.remembered(account.workspace_id, version)
    if known is None:
        memory.count(account.workspace_id, memory.MISSES)
        return {**_decided(account, version, day=day, seed=seed, total=total), "from_memory": False}
    memory.count(account.workspace_id, memory.HITS)
    took = time.perf_counter() - began
    memory.count(account.workspace_id, memory.SAVED, max(known["microseconds"] - round(1e6 * took), 0))
    if (random.random() if chance is None else chance) < LOOKED_AT_AGAIN:  # noqa: S311
        return _compared(account, version, known, day=day, seed=seed, total=total)
    return {**known, "from_memory": True}


def _compared(account: AdAccount, version: str, known: dict[str, Any], **question: Any) -> dict[str, Any]:
    """The answer computed just now, whatever was remembered."""
    memory.count(account.workspace_id, memory.CHECKED)
    fresh = _decided(account, version, **question)
    timeless = {"microseconds"}
    if {k: v for k, v in fresh.items() if k not in timeless} != {k: v for k, v in known.items() if k not in timeless}:
        memory.count(account.workspace_id, memory.WRONG)
    return {**fresh, "from_memory": False}


def _decided(account: AdAccount, version: str, *, day: date, seed: int, total: int | None) -> dict[str, Any]:
    began = time.perf_counter()
    question = asked(account, day=day, total=total)
    if question is None:
        return _nothing_to_decide(account, day, seed)
    split, portfolio = answered(question, seed=seed)
    answer = _told(question, split, portfolio, day, seed)
    answer["microseconds"] = round(1e6 * (time.perf_counter() - began))
    # The blended score looks at days that its version does not cover.
    if policy_of(account) == AccountLimits.Policy.PORTFOLIO and portfolio:
        memory.remember(account.workspace_id, version, answer)
    return answer


def _nothing_to_decide(account: AdAccount, day: date, seed: int) -> dict[str, Any]:
    return {
        "account_id": account.pk,
        "day": day.isoformat(),
        "seed": seed,
        "policy": policy_of(account),
        "state": "",
        "currency": account.currency,
        "total": "0",
        "expected": asdict(Expected(0.0, 0.0, 0.0)),
        "basis": ["No budget of this account may move now."],
        "budgets": [],
        "microseconds": 0,
    }


def _told(question: Question, split: Split, portfolio: str, day: date, seed: int) -> dict[str, Any]:
    currency = question.account.currency
    return {
        "account_id": question.account.pk,
        "day": day.isoformat(),
        "seed": seed,
        "policy": split.policy,
        "state": portfolio,
        "currency": currency,
        "total": str(to_major(sum(split.after), currency)),
        "expected": asdict(split.outlook),
        "basis": list(split.basis),
        "budgets": [
            {
                "target_kind": holder.kind,
                "target_id": holder.external_id,
                "name": holder.name,
                "before": str(to_major(holder.budget, currency)),
                "after": str(to_major(part.after, currency)),
                "step": part.after / holder.budget - 1,
                "score": float(told.get("theta", told.get("score", 0.0))),
                "expected": asdict(part.outlook),
                "because": [asdict(reason) for reason in part.because],
                "would_change_our_mind": part.would_change_our_mind,
                "curve": dict(part.curve) if part.curve else None,
            }
            for holder, part, told in zip(question.holders, split.parts, split.inputs, strict=True)
        ],
    }


def precompute(account: AdAccount, *, now: datetime) -> bool:
    """Makes the decision that will be asked for, unless it is remembered already; True when it was made.

    That of today, and once the loop is about to turn past midnight that of the day that begins within the hour.
    """
    made = False
    for day in sorted({planning_day(account, at) for at in (now, now + SOON)} - {None}):
        version = decision_version(account, day=day, seed=usual_seed(day), total=None)
        if memory.remembered(account.workspace_id, version) is None:
            _decided(account, version, day=day, seed=usual_seed(day), total=None)
            made = True
    return made


def usual_seed(day: date) -> int:
    """The draws of a day, for whoever asks without a seed of his own."""
    return day.toordinal()
