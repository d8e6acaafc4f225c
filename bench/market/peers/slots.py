"""How a library that pulls one arm at a time is made to split a budget: cut it into as many slots as there are ads."""

from __future__ import annotations

import numpy as np

from bench.market.policy import Brief, Events, Limits, Rows


class Slots:
    """One pull a slot; the reward of every pull of an ad is the return that the report shows for its day.

    A child keeps its library's arms in step with the ads (`arrange`), pulls, and learns. `rewards` are returns over twice the usual
    return, cut at 1 where a library needs them bounded.
    """

    def reset(self, brief: Brief) -> None:
        self.brief = brief
        self.rng = np.random.default_rng([brief.seed, 15])
        self.usual = 1.0
        self.start()

    def observe(self, day: int, rows: Rows, events: Events) -> None:
        booked = np.zeros(max(rows.ad_id.max(), events.ad_id.max(initial=0)) + 1)
        np.add.at(booked, events.ad_id, events.value)
        spent = rows.spend > 0.01 * self.brief.test_budget
        returns = booked[rows.ad_id[spent]] / rows.spend[spent]
        self.usual = 0.9 * self.usual + 0.1 * float(booked.sum() / rows.spend.sum())
        self.arrange(rows)
        pulls = np.maximum(np.rint(rows.spend[spent] / self.brief.test_budget), 1).astype(int)
        self.learn(rows, np.flatnonzero(spent), returns / (2 * self.usual), pulls)

    def plan(self, day: int, rows: Rows, budget: float, limits: Limits) -> np.ndarray:
        self.arrange(rows)
        return np.bincount(self.pull(rows, rows.ad_id.size), minlength=rows.ad_id.size).astype(float)

    def start(self) -> None:
        raise NotImplementedError

    def arrange(self, rows: Rows) -> None:
        """Arms that are gone leave, new ones join."""

    def pull(self, rows: Rows, slots: int) -> np.ndarray:
        """The row of the ad that each slot goes to."""
        raise NotImplementedError

    def learn(self, rows: Rows, row: np.ndarray, reward: np.ndarray, pulls: np.ndarray) -> None:
        raise NotImplementedError


def down_the_ranking(bound: np.ndarray, slots: int) -> np.ndarray:
    """Upper bounds do not move within a day, so that one ad would win all slots: the better half of the ads wins two each."""
    better = np.argsort(-bound)[: (slots + 1) // 2]
    return np.repeat(better, 2)[:slots]
