"""The simulated market, watched under an advertiser whose split strays by chance: here what any other split brings is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.market.delays import LONGEST
from bench.market.policy import Events
from bench.market.scenario import Scenario
from bench.market.world import CLICK_NOISE, World
from bench.replay.panel import Panel
from bench.replay.replaying import AccountDay

LIKING, STRAYING = 0.5, 0.25
"""Spread of the logarithm of budgets: between ads for good, and from day to day."""


@dataclass
class KnownMarket:
    panel: Panel
    world: World
    seen: list[np.ndarray]
    """By day: what audiences remembered before it."""

    def revenue(self, asked: AccountDay, budget: np.ndarray) -> float:
        """The true one of one account day, chance left out."""
        self.world.seen = self.seen[asked.day].copy()
        return float(self.world.truth(asked.day, asked.ads, budget).revenue.sum())


def known_market(scenario: Scenario, seed: int, *, follows: float = 0.0) -> KnownMarket:
    """Every account has an equal share of the budget. Ads that an advertiser likes get more of it, whatever they earn.

    `follows` 1 makes spend follow the day's demand, as it does where clicks are what is paid for: an ad that happens to get a tenth
    more clicks for its money spends a tenth more.
    """
    world, rng = World(scenario, seed), np.random.default_rng([seed, 21])
    shape = (scenario.horizon, world.ads.born.size)
    figures = {name: np.zeros(shape) for name in ("spend", "impressions", "clicks", "frequency")}
    revenue, seen, booked = np.zeros(shape), [], []
    liking = rng.normal(0, LIKING, shape[1])
    for day in range(scenario.horizon):
        ads = world.alive(day)
        straying = rng.normal(0, STRAYING, ads.size) + follows * _demand(world, day, ads.size)
        wanted = np.exp(liking[ads] + straying)
        account = world.ads.account[ads]
        totals = np.bincount(account, wanted, scenario.accounts)
        seen.append(world.seen.copy())
        rows, events, _ = world.serve(day, ads, wanted / totals[account] * scenario.budget / scenario.accounts)
        for name, table in figures.items():
            table[day, ads] = getattr(rows, name)
        booked.append(events)
    for events in (*booked, *_still_to_come(world)):
        np.add.at(revenue, (events.click_day, events.ad_id), events.value)
    return KnownMarket(Panel(world.ads.account, revenue=revenue, vector=world.ads.vector, booked=booked, **figures), world, seen)  # fmt: skip


def _demand(world: World, day: int, count: int) -> np.ndarray:
    """The log of what chance does to the day's clicks, as `World.serve` is going to draw it: after the impressions'."""
    return CLICK_NOISE * np.random.default_rng([world.seed, 2, day]).normal(0, 1, (2, count))[1]


def _still_to_come(world: World) -> list[Events]:
    return [world._book(day) for day in range(world.scenario.horizon, world.scenario.horizon + LONGEST)]
