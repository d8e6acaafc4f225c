from __future__ import annotations

import numpy as np

from bench.market.peers.history import History
from bench.market.policy import Brief, Events, Limits, Rows

WINDOW, LATELY = 60, 7
ACCOUNT_CLICKS = 1_000.0
"""Clicks after which an ad's own return weighs as much as its account's: where clicks give way to pipeline."""
SPEND_DAYS, MOST_WORN, FRESHNESS_CLICKS = 2.0, 0.5, 30.0


class Blended:
    """CTR × ROAS × decay: judged by its clicks while it is young, later by its pipeline; a Thompson draw of it, to a power.

    Return = clicks per spend × value per click. The first is an ad's own from the start; the second is the account's until
    its own orders have something to say. Decay is what is left lately of its click rate.
    """

    def __init__(self, power: float) -> None:
        self.power = power

    def reset(self, brief: Brief) -> None:
        self.brief, self.history = brief, History()
        self.rng = np.random.default_rng([brief.seed, 11])

    def observe(self, day: int, rows: Rows, events: Events) -> None:
        self.history.add(day, rows, events)

    def plan(self, day: int, rows: Rows, budget: float, limits: Limits) -> np.ndarray:
        names = ("clicks", "spend", "orders", "revenue", "impressions")
        totals = {name: self.history.recent(name, WINDOW) for name in names}
        usual = {name: self.history.account_total(values, self.brief.accounts)[rows.account_id] for name, values in totals.items()}  # fmt: skip
        own = {name: self.history.of(values, rows.ad_id) for name, values in totals.items()}
        clicks = np.maximum(usual["clicks"], 1.0)
        pull = SPEND_DAYS * self.brief.test_budget
        rate = self.rng.gamma(own["clicks"] + pull * clicks / usual["spend"]) / (own["spend"] + pull)
        orders = self.rng.gamma(own["orders"] + ACCOUNT_CLICKS * (usual["orders"] + 0.5) / clicks)
        order = (usual["revenue"] / np.maximum(usual["orders"], 1.0) * 10 + own["revenue"]) / (10 + own["orders"])
        return (
            np.maximum(rate * orders / (own["clicks"] + ACCOUNT_CLICKS) * order * self._decay(own, rows), 1e-9)
            ** self.power
        )

    def _decay(self, own: dict[str, np.ndarray], rows: Rows) -> np.ndarray:
        rate = own["clicks"] / np.maximum(own["impressions"], 1.0)
        expected = self.history.of(self.history.recent("impressions", LATELY), rows.ad_id) * rate
        lately = self.history.of(self.history.recent("clicks", LATELY), rows.ad_id)
        return np.clip((lately + FRESHNESS_CLICKS) / (expected + FRESHNESS_CLICKS), MOST_WORN, 1.0)
