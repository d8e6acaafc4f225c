"""What the guardrails look at: a proposed budget, the account's limits, and the state of the world around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import isfinite


@dataclass(frozen=True)
class Proposal:
    """A daily budget from `before` to `after`, minor units. `undoes`: it takes a change back to the budget before it."""

    before: float
    after: float
    currency: str
    expected: float
    clicks: float
    conversions: float
    marginal: float | None = None
    """Marginal ROAS expected at the new budget; None where no curve tells."""
    undoes: bool = False
    results: str = "leads"
    """What clicks bring: leads or conversions."""

    @property
    def moved(self) -> float:
        """Minor units a day, up or down."""
        return abs(self.after - self.before)

    @property
    def is_increase(self) -> bool:
        return self.after > self.before

    @property
    def step(self) -> float:
        """The change as a fraction of the budget before; 0 where there was none."""
        return self.after / self.before - 1 if self.before > 0 and isfinite(self.after) else 0.0


@dataclass(frozen=True)
class Limits:
    """An account's limits: fractions for steps, minor units for money, hours for ages. `daily_cap` None: not set yet.

    `least_return` is the marginal ROAS below which a unit of budget is not worth spending.

    A plan that touches more than `plan_budgets` of the budgets and moves more than `plan_money` of the money needs two people, and so
    does a change of `two_person_amount` (None: 500 major units) or of `two_person_share` of the cap.
    """

    step_up: float = 0.20
    step_down: float = 0.30
    cumulative_24h: float = 0.50
    cumulative_7d: float = 1.00
    daily_cap: int | None = None
    floor: int = 0
    ceiling: int | None = None
    cooldown_hours: float = 6.0
    performance_max_age_hours: float = 3.0
    revenue_max_age_hours: float = 24.0
    revenue_max_gap: float = 0.02
    plan_budgets: float = 0.20
    plan_money: float = 0.30
    two_person_amount: int | None = None
    two_person_share: float = 0.10
    approval_hours: float = 4.0
    least_return: float = 1.0


def at_pace(limits: Limits, pace: float) -> Limits:
    """The same limits while a replayed clock runs `pace` times as fast: data are read and people decide in real hours."""
    if pace <= 1:
        return limits
    return replace(
        limits,
        performance_max_age_hours=limits.performance_max_age_hours * pace,
        revenue_max_age_hours=limits.revenue_max_age_hours * pace,
        approval_hours=limits.approval_hours * pace,
    )


@dataclass(frozen=True)
class Applied:
    """An earlier change of the same budget that took effect."""

    at: datetime
    before: int


@dataclass(frozen=True)
class Reach:
    """How much of an account the change's plan would touch: shares of its budgets and of its money. Nothing without a plan."""

    budgets: float = 0.0
    money: float = 0.0
    is_first: bool = False
    """Nothing that Stratum planned for this account ever took effect."""


@dataclass(frozen=True)
class Context:
    """`account_total`: what all the account's budgets are for a day with this proposal in force, minor units. `untold`: by name, what
    else spends and nobody can tell how much a day. `minor_per_major`: 100 for cents.

    Ages count from the last figures to `now`; None: there are no figures. `can_send`: False for budgets that came from a file.
    `revenue_gap`: the part of the CRM's revenue that the last comparison found missing or different and could not repair.
    `doubts`: why what is believed of the account should move no budget now, a sentence each. `planned_for`: the day of the plan that it
    is part of, and `today` that of the account; None where days do not matter.
    """

    now: datetime
    currency: str
    minor_per_major: int
    account_total: int
    untold: tuple[str, ...] = ()
    can_send: bool = True
    is_rehearsal: bool = False
    overspend_factor: float = 1.25
    platform_minimum: int = 0
    history: tuple[Applied, ...] = ()
    performance_at: datetime | None = None
    revenue_at: datetime | None = None
    revenue_gap: float = 0.0
    doubts: tuple[str, ...] = ()
    reach: Reach = Reach()
    planned_for: date | None = None
    today: date | None = None
    most_days_late: float = 1.0
    """So long after its day a plan may be sent; longer while a replayed clock runs fast."""

    def money(self, minor: float) -> str:
        places = len(str(self.minor_per_major)) - 1
        return f"{minor / self.minor_per_major:,.{places}f} {self.currency}"

    def within(self, span: timedelta) -> list[Applied]:
        """Earlier changes in the last `span`, oldest first."""
        return sorted((change for change in self.history if self.now - change.at < span), key=lambda change: change.at)
