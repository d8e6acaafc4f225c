"""What the guardrails look at: a proposed budget, the account's limits, and the state of the world around it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
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
    undoes: bool = False

    @property
    def is_increase(self) -> bool:
        return self.after > self.before

    @property
    def step(self) -> float:
        """The change as a fraction of the budget before; 0 where there was none."""
        return self.after / self.before - 1 if self.before > 0 and isfinite(self.after) else 0.0


@dataclass(frozen=True)
class Limits:
    """An account's limits: fractions for steps, minor units for money, hours for ages. `daily_cap` None: not set yet."""

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


@dataclass(frozen=True)
class Applied:
    """An earlier change of the same budget that took effect."""

    at: datetime
    before: int


@dataclass(frozen=True)
class Context:
    """`account_total`: all the account's daily budgets with this proposal in force, minor units. `minor_per_major`: 100 for cents.

    Ages count from the last figures to `now`; None: there are no figures. `can_send`: False for budgets that came from a file.
    """

    now: datetime
    currency: str
    minor_per_major: int
    account_total: int
    can_send: bool = True
    overspend_factor: float = 1.25
    platform_minimum: int = 0
    history: tuple[Applied, ...] = ()
    performance_at: datetime | None = None
    revenue_at: datetime | None = None

    def money(self, minor: float) -> str:
        places = len(str(self.minor_per_major)) - 1
        return f"{minor / self.minor_per_major:,.{places}f} {self.currency}"

    def within(self, span: timedelta) -> list[Applied]:
        """Earlier changes in the last `span`, oldest first."""
        return sorted((change for change in self.history if self.now - change.at < span), key=lambda change: change.at)
