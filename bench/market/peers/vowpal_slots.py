"""Vowpal Wabbit: cb_explore_adf, an action an ad, described by its id, account and creative."""

from __future__ import annotations

import numpy as np

from bench.market.peers.slots import Slots
from bench.market.policy import Rows


class Vowpal(Slots):
    """The chance that it gives an ad is the ad's share of the slots, which is what many pulls would come to."""

    def __init__(self, explore: str) -> None:
        self.explore = explore

    def start(self) -> None:
        from vowpalwabbit import Workspace

        self.bandit = Workspace(
            f"--cb_explore_adf {self.explore} --cb_type mtr --quiet --random_seed {self.brief.seed}"
        )
        self.chance = np.zeros(0)

    def learn(self, rows: Rows, row: np.ndarray, reward: np.ndarray, pulls: np.ndarray) -> None:
        actions = self._actions(rows)
        share = rows.spend / rows.spend.sum()
        for at, gained in zip(row.tolist(), np.minimum(reward, 1.0).tolist(), strict=True):
            labelled = [
                f"0:{-gained:.4f}:{share[at]:.6f} {text}" if number == at else text
                for number, text in enumerate(actions)
            ]
            example = self.bandit.parse("\n".join(labelled))
            self.bandit.learn(example)
            self.bandit.finish_example(example)

    def plan(self, day, rows, budget, limits) -> np.ndarray:
        return np.maximum(np.array(self.bandit.predict("\n".join(self._actions(rows)))), 1e-6)

    def _actions(self, rows: Rows) -> list[str]:
        texts = []
        for ad, account, vector in zip(rows.ad_id, rows.account_id, rows.vector, strict=True):
            creative = " ".join(f"v{number}:{value:.3f}" for number, value in enumerate(vector))
            texts.append(f"|i ad{ad} |a account{account} |c {creative}")
        return texts
