from __future__ import annotations

import numpy as np

from bench.market.peers.history import History
from bench.market.policy import Brief, Events, Limits, Rows

KEEP, DRAWS, FLOOR = 0.95, 400, 0.2


class BestShare:
    """Discounted Thompson sampling over independent ads: an ad's share of the budget is its chance of being the best one.

    Orders are Gamma-Poisson per unit of spend (Qi, Wang, Zhu, arXiv 2305.10718, discounted). A fifth is split equally, without
    which hardly any ad but a few would be funded.
    """

    def reset(self, brief: Brief) -> None:
        self.brief, self.history = brief, History()
        self.rng = np.random.default_rng([brief.seed, 12])

    def observe(self, day: int, rows: Rows, events: Events) -> None:
        self.history.add(day, rows, events)

    def plan(self, day: int, rows: Rows, budget: float, limits: Limits) -> np.ndarray:
        totals = {name: self.history.faded(name, KEEP) for name in ("orders", "revenue", "spend")}
        usual = {name: self.history.account_total(values, self.brief.accounts)[rows.account_id] for name, values in totals.items()}  # fmt: skip
        own = {name: self.history.of(values, rows.ad_id) for name, values in totals.items()}
        order = (10 * usual["revenue"] / np.maximum(usual["orders"], 1e-9) + own["revenue"]) / (10 + own["orders"])
        pull = self.brief.test_budget
        shape = own["orders"] + pull * (usual["orders"] + 0.1) / usual["spend"]
        draws = self.rng.gamma(shape, size=(DRAWS, shape.size)) / (own["spend"] + pull) * order
        share = np.bincount(draws.argmax(axis=1), minlength=shape.size) / DRAWS
        return FLOOR / shape.size + (1 - FLOOR) * share
