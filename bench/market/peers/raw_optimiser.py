from __future__ import annotations

import numpy as np

from bench.market.peers.history import History
from bench.market.policy import Brief, Events, Limits, Rows

WINDOW, ELASTICITY = 28, 0.85


class RawOptimiser:
    """The exact optimum for curves ROAS · spend^.85 with the ROAS that the report shows: an optimiser without an estimator."""

    def reset(self, brief: Brief) -> None:
        self.brief, self.history = brief, History()

    def observe(self, day: int, rows: Rows, events: Events) -> None:
        self.history.add(day, rows, events)

    def plan(self, day: int, rows: Rows, budget: float, limits: Limits) -> np.ndarray:
        revenue, spend = self.history.recent("revenue", WINDOW), self.history.recent("spend", WINDOW)
        portfolio = revenue.sum() / spend.sum()
        returns = np.where(spend > 0, revenue / np.maximum(spend, 1e-9), portfolio)
        worth = self.history.of(returns, rows.ad_id, portfolio)
        # The guardrail scales by one factor within the bounds, which for equal elasticities is water-filling itself.
        return np.maximum(worth, 1e-3) ** (1 / (1 - ELASTICITY))
