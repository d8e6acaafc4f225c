"""river.bandit: Thompson sampling with Beta rewards, UCB with rolling means."""

from __future__ import annotations

import numpy as np

from bench.market.peers.slots import Slots
from bench.market.policy import Rows


class River(Slots):
    """Upper bounds do not move within a day, so that one ad would win all slots: the better half of the ads wins two each."""

    def __init__(self, which: str) -> None:
        self.which = which

    def start(self) -> None:
        from river import bandit, proba, stats, utils

        if self.which == "thompson":
            self.bandit = bandit.ThompsonSampling(reward_obj=proba.Beta(), seed=self.brief.seed)
        else:
            self.bandit = bandit.UCB(
                delta=0.5, reward_obj=utils.Rolling(stats.Mean(), window_size=28), seed=self.brief.seed
            )

    def learn(self, rows: Rows, row: np.ndarray, reward: np.ndarray, pulls: np.ndarray) -> None:
        binary = self.which == "thompson"
        for ad, gained, times in zip(rows.ad_id[row].tolist(), reward.tolist(), pulls.tolist(), strict=True):
            for _ in range(times):
                self.bandit.update(ad, gained > 0.5 if binary else min(gained, 1.0))

    def pull(self, rows: Rows, slots: int) -> np.ndarray:
        arms = rows.ad_id.tolist()
        if self.which == "ucb":
            ranking = []
            while len(ranking) < (slots + 1) // 2:
                ranking.append(self.bandit.pull(arms))
                arms.remove(ranking[-1])
            return np.repeat(np.searchsorted(rows.ad_id, ranking), 2)[:slots]
        return np.searchsorted(rows.ad_id, [self.bandit.pull(arms) for _ in range(slots)])
