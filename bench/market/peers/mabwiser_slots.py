"""mabwiser: Thompson sampling, UCB1, epsilon-greedy, softmax."""

from __future__ import annotations

import numpy as np

from bench.market.peers.slots import Slots
from bench.market.policy import Rows


class Mabwiser(Slots):
    """Thompson's rewards are made binary as the library asks: whether the return beat the usual one."""

    def __init__(self, which: str) -> None:
        self.which = which

    def start(self) -> None:
        self.bandit = None

    def arrange(self, rows: Rows) -> None:
        from mabwiser.mab import MAB, LearningPolicy

        alive = set(rows.ad_id.tolist())
        if self.bandit is None:
            policies = {
                "thompson": lambda: LearningPolicy.ThompsonSampling(binarizer=lambda arm, reward: reward > 0.5),
                "ucb1": lambda: LearningPolicy.UCB1(alpha=0.5),
                "epsilon": lambda: LearningPolicy.EpsilonGreedy(epsilon=0.2),
                "softmax": lambda: LearningPolicy.Softmax(tau=0.3),
            }
            self.bandit = MAB(sorted(alive), policies[self.which](), seed=self.brief.seed)
            self.fitted = False
        here = set(self.bandit.arms)
        for ad in here - alive:
            self.bandit.remove_arm(ad)
        for ad in sorted(alive - here):
            self.bandit.add_arm(ad)

    def learn(self, rows: Rows, row: np.ndarray, reward: np.ndarray, pulls: np.ndarray) -> None:
        arms, rewards = np.repeat(rows.ad_id[row], pulls).tolist(), np.repeat(reward, pulls).tolist()
        (self.bandit.partial_fit if self.fitted else self.bandit.fit)(arms, rewards)
        self.fitted = True

    def pull(self, rows: Rows, slots: int) -> np.ndarray:
        return np.searchsorted(rows.ad_id, [self.bandit.predict() for _ in range(slots)])
