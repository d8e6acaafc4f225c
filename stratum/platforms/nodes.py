"""Campaigns, ad sets and ads as a platform lists them, and the budgets that they hold. The same for every platform."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any


@dataclass(frozen=True)
class FixedBudget:
    """One that is spent and that nobody here changes: shared by campaigns (Google), or for a whole run (Meta's lifetime budgets).

    `amount`: minor units a day or, where it ends, all that is left of it; None where the platform does not tell what a day may cost.
    """

    id: str
    amount: int | None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def a_day(self, now: datetime) -> int | None:
        """Minor units: what is left of a run is spread evenly over the days that are left, none shorter than a day."""
        if self.amount is None or self.ends_at is None:
            return self.amount
        left = self.ends_at - max(now, self.starts_at or now)
        return ceil(self.amount / max(left / timedelta(days=1), 1.0)) if left > timedelta(0) else 0


@dataclass(frozen=True)
class Node:
    """A campaign, an ad set (with its campaign's id) or an ad (with its ad set's id). `status` is Meta's effective status.

    What spends from a fixed budget has no daily budget. `audience`: whom an ad set is aimed at, empty where that is not read.
    `url_tags`: what the platform adds to an ad's address; None where that is not read.
    """

    id: str
    name: str
    status: str
    campaign_id: str = ""
    adset_id: str = ""
    audience: str = ""
    daily_budget: int | None = None
    fixed_budget: FixedBudget | None = None
    url_tags: str | None = None

    def budgets_at(self, now: datetime) -> dict[str, Any]:
        """What is kept of its budgets, by field."""
        fixed = self.fixed_budget or FixedBudget("", None)
        return {"daily_budget": self.daily_budget, "fixed_budget_id": fixed.id, "fixed_budget": fixed.a_day(now)}
