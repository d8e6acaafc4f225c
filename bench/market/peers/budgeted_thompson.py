from __future__ import annotations

import numpy as np

from bench.market.peers.history import History
from bench.market.policy import Brief, Events, Limits, Rows

WINDOW = 28


class BudgetedThompson:
    """Budgeted Thompson sampling (Xia et al., IJCAI 2015, arXiv 1505.00146): draw reward and cost of a pull, play the best ratio.

    A pull is a click, its reward the value it brought and its cost what it cost, both scaled into 0…1 as the paper asks; the
    budget is cut into as many slots as there are ads, and each slot draws anew.
    """

    def reset(self, brief: Brief) -> None:
        self.brief, self.history = brief, History()
        self.rng = np.random.default_rng([brief.seed, 13])

    def observe(self, day: int, rows: Rows, events: Events) -> None:
        self.history.add(day, rows, events)

    def plan(self, day: int, rows: Rows, budget: float, limits: Limits) -> np.ndarray:
        clicks, revenue, spend = (
            self.history.of(self.history.recent(name, WINDOW), rows.ad_id) for name in ("clicks", "revenue", "spend")
        )
        pulls = np.maximum(clicks, 1e-9)
        # Without the extremes the scale would leave all ratios near 0, where a Beta posterior says little.
        seen = clicks > 20
        reward_scale = 10 * np.quantile((revenue / pulls)[seen], 0.95) if seen.any() else 1.0
        cost_scale = 2 * np.quantile((spend / pulls)[seen], 0.95) if seen.any() else 1.0
        reward = self._draw(revenue / reward_scale, clicks, rows.ad_id.size)
        cost = self._draw(spend / cost_scale, clicks, rows.ad_id.size)
        best = (reward / np.maximum(cost, 1e-9)).argmax(axis=1)
        return np.bincount(best, minlength=rows.ad_id.size).astype(float)

    def _draw(self, won: np.ndarray, pulls: np.ndarray, slots: int) -> np.ndarray:
        won = np.minimum(won, pulls)
        return self.rng.beta(1 + won, 1 + pulls - won, size=(slots, won.size))
