"""Who knows every curve as it is today, but not tomorrow: the yardstick."""

from __future__ import annotations

import numpy as np

from bench.market.policy import Brief, Events, Limits, Rows
from bench.market.world import MEMORY, World

POINTS = 64
SHADOW_PRICES = (0.0, 0.5, 1.0)
"""Of the clicks that an impression costs later; the best one by seed is what others are divided by."""


class Oracle:
    """Spreads the budget so that true expected revenue less the price of fatigue is greatest (Lagrange, on a grid of spends)."""

    def __init__(self, world: World, shadow_price: float) -> None:
        self.world, self.price = world, shadow_price
        survival = 1 - 1 / world.scenario.life
        self.later = survival / (1 - survival * MEMORY)
        """Days over which an impression is remembered, forgetting and death included."""

    def reset(self, brief: Brief) -> None: ...

    def observe(self, day: int, rows: Rows, events: Events) -> None: ...

    def plan(self, day: int, rows: Rows, budget: float, limits: Limits) -> np.ndarray:
        low, high = limits.bounds(rows.spend, budget)
        low, high = np.minimum(low, high), np.minimum(high, budget)
        share = np.linspace(0, 1, POINTS)[:, None]
        if limits.step is None:
            spend = np.geomspace(budget * 1e-6, budget * 0.25, 256)[:, None] * np.ones(low.size)
        else:
            spend = low + share * (high - low)
        worth = self._worth(day, rows.ad_id, spend)
        cheap, dear = 0.0, float((worth / np.maximum(spend, 1e-9)).max()) * 2
        for _ in range(50):
            rate = (cheap + dear) / 2
            if self._best(worth, spend, rate).sum() > budget:
                cheap = rate
            else:
                dear = rate
        more, less = self._best(worth, spend, cheap), self._best(worth, spend, dear)
        gap = more.sum() - less.sum()
        return less + (more - less) * (np.clip((budget - less.sum()) / gap, 0, 1) if gap > 0 else 0.0)

    def _worth(self, day: int, ad: np.ndarray, spend: np.ndarray) -> np.ndarray:
        truth, ads = self.world.truth(day, ad, spend), self.world.ads
        if not self.price:
            return truth.revenue
        now = self.world.truth(day, ad, self.world.last["spend"][ad])
        tired = self.world.frequency(ad) + now.impressions / (ads.audience[ad] * ads.size[ad]) > ads.kink[ad]
        each = ads.fatigue[ad] / (ads.audience[ad] * ads.size[ad]) * now.revenue * self.later * tired
        return truth.revenue - self.price * each * truth.impressions

    @staticmethod
    def _best(worth: np.ndarray, spend: np.ndarray, rate: float) -> np.ndarray:
        column = np.arange(spend.shape[1])
        return spend[(worth - rate * spend).argmax(axis=0), column]
