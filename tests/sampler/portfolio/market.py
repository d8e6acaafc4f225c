"""A small market for tests: ads that click and sell by simple, known laws."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sampler.domain import AdRows, Limits, Portfolio, ValueEvents

NOTHING = ValueEvents([], [], [])
ONE_BY_ONE = Limits(step=0.2, launch=50.0)


@dataclass
class Market:
    """Ads of two accounts; `worth` is an ad's revenue per click, orders come `delay` days after their clicks."""

    ads: int = 12
    seed: int = 0
    delay: int = 2
    worth: np.ndarray | None = None
    booked: dict[int, list[tuple[int, int, float]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.ad_id = self.rng.permutation(self.ads) * 11 - 20
        self.account_id = np.arange(self.ads) % 2 + 70
        self.spend = np.full(self.ads, 50.0)
        self.clicks = np.zeros(self.ads)
        self.worth = np.full(self.ads, 2.0) if self.worth is None else self.worth

    def rows(self, order: np.ndarray | slice = slice(None)) -> AdRows:
        return AdRows(
            self.ad_id[order],
            self.account_id[order],
            self.spend[order],
            100 * self.clicks[order],
            self.clicks[order],
            frequency=np.linspace(0.5, 3, self.ads)[order],
            vector=np.stack([np.sin(self.ad_id), np.cos(self.ad_id)], axis=1)[order],
        )

    def live(self, day: int) -> tuple[AdRows, ValueEvents]:
        self.clicks = self.rng.poisson(40 * (self.spend / 50) ** 0.8).astype(float)
        for at, orders in enumerate(self.rng.poisson(self.clicks * 0.05)):
            for _ in range(orders):
                late = self.booked.setdefault(day + int(self.rng.poisson(self.delay)), [])
                late.append((int(self.ad_id[at]), day, float(self.worth[at] / 0.05 * self.rng.lognormal(-0.08, 0.4))))
        late = self.booked.pop(day, [])
        ad_id, click_day, value = ([row[part] for row in late] for part in range(3))
        return self.rows(), ValueEvents(ad_id, click_day, value)


def taught(portfolio: Portfolio, market: Market, days: range) -> Portfolio:
    for day in days:
        rows, events = market.live(day)
        portfolio.observe(day=day, ads=rows, events=events)
    return portfolio


def same_states(one: Portfolio, other: Portfolio) -> bool:
    left, right = one.state(), other.state()
    return left.keys() == right.keys() and all(
        np.array_equal(left[k], right[k], equal_nan=left[k].dtype.kind == "f") for k in left
    )
