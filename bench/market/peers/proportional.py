from __future__ import annotations

import numpy as np

from bench.market.peers.history import History
from bench.market.policy import Brief, Events, Limits, Rows

WINDOW = 60


class Proportional:
    """Budget by the reported return of sixty days, pulled to the account's with a few days' spend, to a power."""

    def __init__(self, power: float, pull_days: float = 5.0) -> None:
        self.power, self.pull_days = power, pull_days

    def reset(self, brief: Brief) -> None:
        self.brief, self.history = brief, History()

    def observe(self, day: int, rows: Rows, events: Events) -> None:
        self.history.add(day, rows, events)

    def plan(self, day: int, rows: Rows, budget: float, limits: Limits) -> np.ndarray:
        return np.maximum(self.returns(rows), 1e-6) ** self.power

    def returns(self, rows: Rows) -> np.ndarray:
        history, accounts = self.history, self.brief.accounts
        revenue, spend = history.recent("revenue", WINDOW), history.recent("spend", WINDOW)
        usual = history.account_total(revenue, accounts) / np.maximum(history.account_total(spend, accounts), 1e-9)
        pull = self.pull_days * self.brief.test_budget
        own_revenue, own_spend = history.of(revenue, rows.ad_id), history.of(spend, rows.ad_id)
        return (own_revenue + pull * usual[rows.account_id]) / (own_spend + pull)
