"""What others show of the sampler's decisions: frozen, complete, and free of tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sampler.domain.curve_reasons import Curve
from sampler.domain.expected_return import Expected
from sampler.domain.findings import Finding, blocks
from sampler.domain.reasons import Reason
from sampler.domain.seen_and_expected import Grounds, Lately


@dataclass(frozen=True)
class ChangeCard:
    """One change with all that its card needs. `before` and `after` in major units of `currency`, a day; `step` a fraction."""

    id: int
    title: str
    status: str
    account_id: int
    account_name: str
    target_kind: str
    target_id: int
    target_name: str
    before: Decimal
    after: Decimal
    currency: str
    step: float
    because: tuple[Reason, ...]
    expected: Expected
    gain: float
    """Expected revenue a day, major units, that the plan has through this change."""
    findings: tuple[Finding, ...]
    would_change_our_mind: str
    curve: Curve | None
    price: float | None
    """What the plan's last unit of money returns, as drawn."""
    created_at: datetime
    decided_by: str
    decided_at: datetime | None
    comment: str
    sent_at: datetime | None
    applied_at: datetime | None
    outcome: str
    plan_id: int | None
    undo_of: int | None
    approved_by: tuple[str, ...]
    people_missing: int
    can_be_decided: bool
    can_be_undone: bool
    day: date
    """Of the plan that it is part of, which is the day that is forecast."""
    standing: Expected | None
    """Return expected on that day at the budget before; None where no curve is known."""
    grounds: Grounds | None
    lately: Lately | None = None
    why: tuple[str, ...] = ()
    """Why what it returned lately and what is expected differ."""

    @property
    def is_stopped(self) -> bool:
        """A guardrail would stop it now."""
        return blocks(self.findings)


@dataclass(frozen=True)
class PlanCard:
    """The last plan of an account. Money in major units of `currency`."""

    id: int
    account_id: int
    account_name: str
    day: date
    total: Decimal
    currency: str
    expected: Expected
    basis: str
    seed: int
    created_at: datetime
    performance_at: datetime | None
    revenue_at: datetime | None
    policy: str
    portfolio: str
    inputs_hash: str
    changes: int
    budget: Decimal
    """All the account's budgets with the plan, those that it leaves as they are among them."""
    standing: Expected | None
    """Return expected on the plan's day at the budgets of before; None where no curve is known."""
    weekday: float
    """What clicks of that weekday are worth, against the mean of the week."""


@dataclass(frozen=True)
class BeliefCard:
    """What is believed of an ad: the decayed sums, and the score with its parts."""

    ad_id: int
    ad_name: str
    as_of: date
    version: int
    clicks: float
    conversions: float
    spend: float
    revenue: float
    score: float
    click_rate: float
    value_per_click: float
    own_weight: float
    decay: float


def change_title(name: str, before: str, after: str, currency: str, step: float, *, raised: bool) -> str:
    """`Raise “Prospecting DE” 120.00 → 140.00 USD/day (+17 %)`"""
    return f"{'Raise' if raised else 'Cut'} “{name}” {before} → {after} {currency}/day ({step:+.0%})".replace(
        "%)", " %)"
    )
