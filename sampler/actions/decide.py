from __future__ import annotations

import json
import random
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import structlog

from sampler.actions.propose_plan import answered
from sampler.domain.expected_return import Expected
from sampler.domain.split import Split
from sampler.models import AccountLimits
from sampler.selectors import decision_memory as memory
from sampler.selectors.decision_version import decision_version
from sampler.selectors.guard import rules_of
from sampler.selectors.plans import planning_day
from sampler.selectors.questions import Question, asked
from stratum.core.models import AdAccount
from stratum.core.money import to_major

log = structlog.get_logger("stratum.sampler")
LOOKED_AT_AGAIN = 0.05
SOON = timedelta(hours=1)


@dataclass(frozen=True)
class Asked:
    """`total` in minor units; None: what stands."""

    account: AdAccount
    day: date
    seed: int
    total: int | None = None

    @property
    def version(self) -> str:
        return decision_version(self.account, day=self.day, seed=self.seed, total=self.total)


@dataclass(frozen=True)
class Decision:
    """How the account's budgets would be split, with scores and reasons, as JSON that is ready to be sent."""

    body: bytes
    from_memory: bool

    @property
    def told(self) -> dict[str, Any]:
        return json.loads(self.body)


def decide(one: Asked, *, chance: float | None = None) -> Decision:
    """Stores nothing but the answer itself. From memory where nothing that it depends on has changed since.

    One remembered answer in twenty is computed again by a worker and compared; `chance` between 0 and 1 decides whether it is this one.
    """
    version = one.version
    kept = memory.recalled(one.account.workspace_id, version)
    if kept is None:
        return Decision(_decided(one, version), from_memory=False)
    if (random.random() if chance is None else chance) < LOOKED_AT_AGAIN:  # noqa: S311
        asked_for = (one.account.workspace_id, one.account.pk, one.day.isoformat(), one.seed, one.total, version)
        memory.have_checked(asked_for)
    return Decision(kept, from_memory=True)


def check_decision(one: Asked, version: str) -> bool | None:
    """Whether what is remembered under `version` is what would be decided now; None where it no longer is what is asked for."""
    kept = memory.remembered(one.account.workspace_id, version)
    if kept is None or one.version != version:
        return None
    fresh = _decided(one, version)
    agrees = fresh == kept
    memory.count(one.account.workspace_id, {memory.CHECKED: 1} | ({} if agrees else {memory.WRONG: 1}))
    if not agrees:
        log.error("a remembered decision was wrong", account=one.account.pk, version=version)
    return agrees


def precompute(account: AdAccount, *, now: datetime) -> bool:
    """Makes the decision that will be asked for, unless it is remembered already; True when it was made.

    Only what can be remembered: not the blended score's. That of today, and once the loop is about to turn past
    midnight that of the day that begins within the hour.
    """
    if rules_of(account).policy != AccountLimits.Policy.PORTFOLIO:
        return False
    made = False
    for day in sorted({planning_day(account, at) for at in (now, now + SOON)} - {None}):
        one = Asked(account, day, usual_seed(day))
        version = one.version
        if memory.remembered(account.workspace_id, version) is None:
            _decided(one, version)
            made = True
    return made


def usual_seed(day: date) -> int:
    """The draws of a day, for whoever asks without a seed of his own."""
    return day.toordinal()


def _decided(one: Asked, version: str) -> bytes:
    began = time.perf_counter()
    question = asked(one.account, day=one.day, total=one.total)
    if question is None:
        return _as_json(_nothing_to_decide(one))
    split, portfolio = answered(question, seed=one.seed)
    body = _as_json(told_of(question, split, portfolio, one.seed))
    # The blended score looks at days that its version does not cover; and what changed while this was read is of neither version.
    if split.policy == AccountLimits.Policy.PORTFOLIO and one.version == version:
        memory.remember(one.account.workspace_id, version, body, round(1e6 * (time.perf_counter() - began)))
    return body


def _as_json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _nothing_to_decide(one: Asked) -> dict[str, Any]:
    return {
        "account_id": one.account.pk,
        "day": one.day.isoformat(),
        "seed": one.seed,
        "policy": rules_of(one.account).policy,
        "state": "",
        "currency": one.account.currency,
        "total": "0",
        "expected": vars(Expected(0.0, 0.0, 0.0)),
        "exploration_share": 0.0,
        "basis": ["No budget of this account may move now."],
        "budgets": [],
    }


def told_of(question: Question, split: Split, portfolio: str, seed: int) -> dict[str, Any]:
    """A decision in full: money as decimal text in major units, with scores, reasons and curves by budget."""
    currency = question.account.currency
    return {
        "account_id": question.account.pk,
        "day": question.day.isoformat(),
        "seed": seed,
        "policy": split.policy,
        "state": portfolio,
        "currency": currency,
        "total": str(to_major(sum(split.after), currency)),
        "expected": vars(split.outlook),
        "exploration_share": split.explored,
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
                "probability_best": part.best,
                "expected": vars(part.outlook),
                "because": [vars(reason) for reason in part.because],
                "would_change_our_mind": part.would_change_our_mind,
                "curve": dict(part.curve) if part.curve else None,
            }
            for holder, part, told in zip(question.holders, split.parts, split.inputs, strict=True)
        ],
    }
