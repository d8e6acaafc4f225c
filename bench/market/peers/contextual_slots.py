"""contextualbandits: LinUCB and LinTS, an arm an ad, the weekday as context.

LinTS as it does best: with an intercept, or a variance above a ten-thousandth, its draws leave the range of the rewards.
"""

from __future__ import annotations

import numpy as np

from bench.market.peers.slots import Slots, down_the_ranking
from bench.market.policy import Rows


class Contextual(Slots):
    def __init__(self, which: str) -> None:
        self.which = which

    def start(self) -> None:
        self.bandit, self.arms, self.weekday = None, [], 0

    def observe(self, day, rows, events) -> None:
        self.weekday = day % 7
        super().observe(day, rows, events)

    def plan(self, day, rows, budget, limits) -> np.ndarray:
        self.weekday = day % 7
        return super().plan(day, rows, budget, limits)

    def arrange(self, rows: Rows) -> None:
        from contextualbandits.online import LinTS, LinUCB

        alive = [f"ad {ad}" for ad in rows.ad_id.tolist()]
        if self.bandit is None:
            if self.which == "ucb":
                self.bandit = LinUCB(list(alive), alpha=0.3, random_state=self.brief.seed + 1, njobs=1)
            else:
                self.bandit = LinTS(
                    list(alive), v_sq=1e-4, fit_intercept=False, random_state=self.brief.seed + 1, njobs=1
                )
            self.arms = alive
        for ad in sorted(set(self.arms) - set(alive)):
            self.bandit.drop_arm(ad)
        for ad in sorted(set(alive) - set(self.arms)):
            self.bandit.add_arm(ad)
        self.arms = alive

    def learn(self, rows: Rows, row: np.ndarray, reward: np.ndarray, pulls: np.ndarray) -> None:
        arms = np.array([f"ad {ad}" for ad in rows.ad_id[row].tolist()])
        self.bandit.partial_fit(
            self._context(pulls.sum()), np.repeat(arms, pulls), np.repeat((reward > 0.5).astype(float), pulls)
        )

    def pull(self, rows: Rows, slots: int) -> np.ndarray:
        if self.which == "ucb":
            names = [int(name.removeprefix("ad ")) for name in self.bandit.choice_names]
            bound = self.bandit.decision_function(self._context(1))[0]
            return np.searchsorted(rows.ad_id, np.array(names)[down_the_ranking(bound, slots)])
        chosen = self.bandit.predict(self._context(slots))
        return np.searchsorted(rows.ad_id, [int(name.removeprefix("ad ")) for name in chosen])

    def _context(self, count: int) -> np.ndarray:
        return np.tile(np.eye(7)[self.weekday], (count, 1))
