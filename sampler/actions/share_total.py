from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from sampler.actions.split_by_portfolio import planned_together
from sampler.domain import Portfolio
from sampler.domain.budget_plan import whole_units
from sampler.models import AccountLimits
from sampler.selectors.budgets import fixed_budgets
from sampler.selectors.portfolios import JOINED, latest_portfolio, scope_of
from sampler.selectors.questions import Question, asked, while_learning, while_rejected
from stratum.core.models import AdAccount
from stratum.core.money import exponent, to_major
from stratum.platforms.ads import overspend_factor


@dataclass(frozen=True)
class Share:
    """What an account is to spend a day, minor units, why that is not what it should have spent until now, and who shares: accounts by id."""

    total: int
    sentence: str
    among: tuple[int, ...]


def share_total(accounts: Sequence[tuple[AdAccount, date]], *, now: datetime, seed: int) -> dict[int, Share]:
    """Shares what joined accounts should spend a day so that the next unit of money returns the same in all; by the account's id.

    Each comes with the day to plan for. Nothing leaves or joins the sum. Within its share an account is planned as ever, with the same
    draws, so both plans agree. An account's share stays within its steps, floors, ceilings and its cap; one that is split by the blended
    score, counts in another currency or is held by its limits keeps what it has. Empty where fewer than two are left, or nothing was
    learnt of them together yet.
    """
    joined = [(account, day) for account, day in accounts if scope_of(account) == JOINED]
    found = [asked(account, day=day, now=now, together=True) for account, day in joined]
    questions = [question for question in found if question and _is_open(question)]
    known = latest_portfolio(joined[0][0]) if len(questions) > 1 else None
    if known is None or known[0].as_of_date > min(question.day for question in questions):
        return {}
    questions = [while_rejected(while_learning(question, known[1]), known[1]) for question in questions]
    totals = _totals(known[1], questions, seed)
    among = tuple(question.account.pk for question in questions)
    return {
        question.account.pk: Share(question.kept + total, _why(question, total, questions), among)
        for question, total in zip(questions, totals, strict=True)
    }


def _is_open(question: Question) -> bool:
    if question.rules.policy != AccountLimits.Policy.PORTFOLIO:
        return False
    low, high = (question.unit * sum(getattr(bound, side) for bound in question.bounds) for side in ("low", "high"))
    return low <= question.total <= high


def _totals(portfolio: Portfolio, questions: Sequence[Question], seed: int) -> list[int]:
    """Minor units, in the questions' order. Who would get more than its cap allows gets that, and the others share the rest."""
    most = {question.account.pk: _most(question) for question in questions}
    fixed: dict[int, int] = {}
    while free := [question for question in questions if question.account.pk not in fixed]:
        left = sum(question.total for question in questions) - sum(fixed.values())
        shares = _placed(portfolio, free, left, seed)
        over = {pk: most[pk] for pk, share in shares.items() if share > most[pk]}
        if not over or len(free) == 1:
            fixed |= shares
        fixed |= over
    return [fixed[question.account.pk] for question in questions]


def _placed(portfolio: Portfolio, questions: Sequence[Question], total: int, seed: int) -> dict[int, int]:
    """The total over accounts, in whole units of the coarsest of them; what is no whole unit goes to the finest."""
    minor = 10 ** exponent(questions[0].account.currency)
    planned = planned_together(portfolio, questions, total / minor, seed=seed)
    owners = np.repeat(np.arange(len(questions)), [len(question.holders) for question in questions])
    unit = max(question.unit for question in questions)
    exact = np.bincount(owners, planned.budget, len(questions)) * (minor / unit)
    high = np.array([question.unit * sum(bound.high for bound in question.bounds) // unit for question in questions])
    keys = [question.account.pk for question in questions]
    shares = [units * unit for units in whole_units(total // unit, exact, exact, keys, high)]
    shares[min(range(len(questions)), key=lambda i: questions[i].unit)] += total % unit
    return dict(zip(keys, shares, strict=True))


def _most(question: Question) -> int:
    """Minor units that the cap leaves to the budgets that may move; what they have now where that is more, or the cap cannot be held."""
    account, fixed = question.account, fixed_budgets(question.account)
    if fixed.untold:
        return question.total
    cap = int((question.rules.daily_cap or 0) / overspend_factor(account))
    return max(cap - fixed.total - question.kept, question.total)


def _why(question: Question, total: int, questions: Sequence[Question]) -> str:
    names = ", ".join(other.account.name for other in questions if other is not question)
    currency, moved = question.account.currency, total - question.total
    if not moved:
        return f"Planned together with {names}: no money moves between them."
    amount = f"{to_major(abs(moved), currency):,} {currency} a day"
    if moved > 0:
        return f"Planned together with {names}: {amount} come here from there, because marginal ROAS is higher here."
    return f"Planned together with {names}: {amount} go from here to there, because marginal ROAS is higher there."
