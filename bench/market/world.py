"""Day by day: budgets in, impressions, clicks and late orders out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.market.ads import Accounts, Ads, draw_accounts, draw_ads
from bench.market.delays import LONGEST
from bench.market.policy import Events, Rows
from bench.market.scenario import Scenario

MEMORY = 0.5 ** (1 / 20)
"""People forget half of what they saw in twenty days."""
CLICK_NOISE, IMPRESSION_NOISE = 0.15, 0.05
PARETO = 2.3


@dataclass(frozen=True)
class Truth:
    """What is expected of budgets on a day, chance left out."""

    impressions: np.ndarray
    clicks: np.ndarray
    conversion: np.ndarray
    revenue: np.ndarray


class World:
    """One market. What ads are and how they drift follows from the seed alone; fatigue and orders from what was spent."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario, self.seed = scenario, seed
        rng = np.random.default_rng([seed, 1])
        self.accounts: Accounts = draw_accounts(scenario, rng)
        self.ads: Ads = draw_ads(scenario, self.accounts, rng)
        count = self.ads.born.size
        self.seen = np.zeros(count)
        """Impressions that the audience still remembers."""
        self.last = {name: np.zeros(count) for name in ("spend", "impressions", "clicks", "reach")}
        self.victim: int | None = None
        """The ad that the scenario's upset has befallen."""
        self._booked: list[list[Events]] = [[] for _ in range(scenario.horizon + LONGEST)]

    def alive(self, day: int) -> np.ndarray:
        return np.flatnonzero((self.ads.born <= day) & (day < self.ads.dies))

    def rows(self, ad: np.ndarray) -> Rows:
        """The ads as they are reported: figures of their latest day."""
        figures = {name: values[ad] for name, values in self.last.items()}
        return Rows(ad, self.ads.account[ad], frequency=self.frequency(ad), vector=self.ads.vector[ad], **figures)

    def frequency(self, ad: np.ndarray) -> np.ndarray:
        return self.seen[ad] / (self.ads.audience[ad] * self.ads.size[ad])

    def truth(self, day: int, ad: np.ndarray, budget: np.ndarray) -> Truth:
        """`budget` has one column an ad, and any number of rows."""
        ads, account = self.ads, self.ads.account[ad]
        spend = budget / (self.scenario.spend_per_ad * ads.size[ad])
        bought = self._saturated(ad, spend)
        worn = ads.fatigue[ad] * np.maximum(self.frequency(ad) - ads.kink[ad], 0.0)
        clicks = np.exp(ads.clicks[day, ad] - worn) * bought * ads.size[ad]
        conversion = (
            np.exp(ads.conversion[day, ad]) * self.accounts.weekday[account, day % 7] * (1.125 / (1 + spend / 8)) ** 0.3
        )
        return Truth(
            impressions=ads.impressions[ad] * ads.size[ad] * np.sqrt(spend * bought),
            clicks=clicks,
            conversion=conversion,
            revenue=clicks * conversion * ads.order[ad],
        )

    def serve(self, day: int, ad: np.ndarray, budget: np.ndarray) -> tuple[Rows, Events, Truth]:
        truth = self.truth(day, ad, budget)
        rng = np.random.default_rng([self.seed, 2, day])
        impressions = np.rint(truth.impressions * _noise(IMPRESSION_NOISE, ad.size, rng))
        clicks = rng.poisson(truth.clicks * _noise(CLICK_NOISE, ad.size, rng))
        self.seen *= MEMORY
        self.seen[ad] += impressions
        self.last["spend"][ad], self.last["impressions"][ad], self.last["clicks"][ad] = budget, impressions, clicks
        self.last["reach"][ad] = self._reached(day, ad, impressions)
        self._sell(day, np.repeat(ad, rng.poisson(clicks * truth.conversion)), rng)
        return self.rows(ad), self._book(day), truth

    def told(self, day: int, account: np.ndarray) -> np.ndarray:
        """Whether the figures of these accounts' day are told to anybody."""
        rng = np.random.default_rng([self.seed, 4, day])
        return (rng.random(self.scenario.accounts) >= self.scenario.missing)[account]

    def book(self, day: int, events: Events) -> None:
        """These are booked on `day` beside the others."""
        self._booked[day].append(events)

    def _reached(self, day: int, ad: np.ndarray, impressions: np.ndarray) -> np.ndarray:
        """How many people impressions find that are spread at random over an audience."""
        audience = self.ads.audience[ad] * self.ads.size[ad]
        missed = np.exp(-impressions / audience)
        deviation = np.sqrt(audience * missed * (1 - (1 + impressions / audience) * missed))
        rng = np.random.default_rng([self.seed, 3, day])
        return np.rint(rng.normal(audience * (1 - missed), deviation)).clip(max=impressions)

    def _sell(self, day: int, ad: np.ndarray, rng: np.random.Generator) -> None:
        account = self.ads.account[ad]
        reached = np.cumsum(self.accounts.delay, axis=1)
        waited = (rng.random((ad.size, 1)) > reached[account]).sum(axis=1).clip(max=LONGEST - 1)
        value = self._order_values(ad, self.accounts.order_sigma[account], rng)
        for days in np.unique(waited):
            late = waited == days
            self.book(day + days, Events(ad[late], np.full(late.sum(), day), value[late]))

    def _order_values(self, ad: np.ndarray, sigma: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        mean = self.ads.order[ad]
        if self.scenario.values == "pareto":
            return mean * (PARETO - 1) / PARETO * (1 - rng.random(ad.size)) ** (-1 / PARETO)
        return mean * np.exp(sigma * rng.normal(0, 1, ad.size) - sigma**2 / 2)

    def _book(self, day: int) -> Events:
        booked = self._booked[day]
        return Events(
            ad_id=np.concatenate([np.zeros(0, int), *(part.ad_id for part in booked)]),
            click_day=np.concatenate([np.zeros(0, int), *(part.click_day for part in booked)]),
            value=np.concatenate([np.zeros(0), *(part.value for part in booked)]),
        )

    def _saturated(self, ad: np.ndarray, spend: np.ndarray) -> np.ndarray:
        """Clicks of a spend, both in units of the usual day: 1 buys 1."""
        curve, bend, slope = self.ads.curve[ad], self.ads.bend[ad], self.ads.slope[ad]
        raised = np.power(spend, np.where(curve == 0, bend, slope))
        log = np.log1p(bend * spend) / np.log1p(bend)
        return np.where(curve == 0, raised, np.where(curve == 1, log, raised * (1 + bend) / (raised + bend)))


def _noise(sigma: float, count: int, rng: np.random.Generator) -> np.ndarray:
    return np.exp(sigma * rng.normal(0, 1, count) - sigma**2 / 2)
