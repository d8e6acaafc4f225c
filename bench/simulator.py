"""The budget simulator: how long a thousand runs take, and how often its intervals hold what a market with known truth then brought.

Every ten days the market is copied and lived a week on with an account's budgets at 0.7, 1.0 and 1.3 times what they were, the
others' as they stood. What its clicks of that week earn in the end, chance included, is held against the interval (5 % to 95 %).
"""

from __future__ import annotations

import copy
import os
import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from bench.market.guardrail import place
from bench.market.own import Own, _ads
from bench.market.policy import Brief, Events, Limits
from bench.market.scenario import SCENARIOS, Scenario
from bench.market.world import World
from bench.table import print_table
from sampler.domain import AdRows
from sampler.domain.believed_week import believed_week
from sampler.domain.budget_simulator import Responding, draw_runs, outcome
from sampler.domain.curve_reasons import Curve
from sampler.domain.drift import return_spread

SEEDS = (0, 1, 2, 3)
FACTORS = (0.7, 1.0, 1.3)
WEEK, EVERY, LOOKED_BACK, YOUNG = 7, 10, 42, 7
TIMED, HOLDERS = 400, 20


@dataclass
class Judged:
    asked: Counter = field(default_factory=Counter)
    below: Counter = field(default_factory=Counter)
    above: Counter = field(default_factory=Counter)

    def take(self, factor: float, low: float, high: float, came: float) -> None:
        self.asked[factor] += 1
        self.below[factor] += came < low
        self.above[factor] += came > high

    def row(self, factor: float) -> list[str]:
        asked, below, above = (counts[factor] for counts in (self.asked, self.below, self.above))
        held = 1 - (below + above) / asked
        return [
            f"budgets × {factor:g}",
            f"{held:.1%} ± {np.sqrt(held * (1 - held) / asked):.1%}",
            f"{asked:,} account-weeks",
            "87–93 %",
            f"{below / asked:.1%} below, {above / asked:.1%} above",
        ]


def run() -> None:
    """SEEDS=0,1 in the environment runs a part."""
    seeds = [int(seed) for seed in os.environ.get("SEEDS", ",".join(map(str, SEEDS))).split(",")]
    _speed()
    judged = Judged()
    for seed in seeds:
        _season(SCENARIOS["mixed"], seed, judged)
    print(f"Intervals against what came, mixed market, seeds {', '.join(map(str, seeds))}:\n")
    print_table(["", "held", "of", "target", "missed"], [judged.row(factor) for factor in FACTORS])


def _speed() -> None:
    """A baseline and five scenarios, the draws included, as one request asks for."""
    rng = np.random.default_rng(1)
    holders = [
        Responding(f"{n}", 50.0, Curve(50.0, float(rng.uniform(80, 300)), 0.8, 0.3, 0.06), 90.0, 0.8)
        for n in range(HOLDERS)
    ]
    times = []
    for seed in range(TIMED):
        began = time.perf_counter()
        runs = draw_runs(holders, days=30, runs=1000, drift=0.25, seed=seed)
        for factor in (1.0, 0.8, 0.9, 1.1, 1.2, 1.5):
            outcome(holders, runs, [factor * holder.budget for holder in holders])
        times.append(1000 * (time.perf_counter() - began))
    heads = ["1,000 runs", "p50", "p95", "p99", "target"]
    figures = [f"{value:.1f} ms" for value in np.percentile(times, (50, 95, 99))]
    print_table(heads, [[f"{HOLDERS} budgets, a baseline and five scenarios", *figures, "3, 8, 15 ms"]])


def _season(scenario: Scenario, seed: int, judged: Judged) -> None:
    world, own = World(scenario, seed), Own()
    limits = Limits(scenario.step, scenario.spend_per_ad)
    own.reset(Brief(scenario.accounts, scenario.ads, scenario.budget, scenario.spend_per_ad, scenario.step, seed))
    spent, booked = np.zeros((scenario.accounts, scenario.horizon)), np.zeros((scenario.accounts, scenario.horizon))
    for day in range(scenario.horizon - WEEK):
        ad = world.alive(day)
        yesterday = world.last["spend"][ad]
        if day < scenario.warm_up:
            spend = np.full(ad.size, scenario.budget / ad.size)
        else:
            asked = own.plan(day, world.rows(ad), scenario.budget, limits)
            spend = place(np.asarray(asked), yesterday, scenario.budget, limits, pauses=False)
            if (day - scenario.warm_up) % EVERY == 0:
                _judge(world, own, day, ad, spend, spent[:, :day], booked[:, :day], judged)
        rows, events, _ = world.serve(day, ad, spend)
        own.observe(day, rows, events)
        np.add.at(spent, (world.ads.account[ad], day), spend)
        np.add.at(booked, (world.ads.account[events.ad_id], events.click_day), events.value)


def _judge(
    world: World,
    own: Own,
    day: int,
    ad: np.ndarray,
    spend: np.ndarray,
    spent: np.ndarray,
    booked: np.ndarray,
    judged: Judged,
) -> None:
    """Every account's ads that live through the week, at each factor."""
    for account in range(world.scenario.accounts):
        stays = (world.ads.account[ad] == account) & (world.ads.dies[ad] > day + WEEK) & (spend > 1)
        if not stays.any():
            continue
        known = slice(max(day - LOOKED_BACK, 0), day - YOUNG)
        drift = return_spread(spent[account, known], booked[account, known])
        holders = _believed(own, world, day, ad[stays], spend[stays])
        runs = draw_runs(holders, days=WEEK, runs=1000, drift=drift, seed=day)
        for factor in FACTORS:
            budgets = np.where(stays, factor * spend, spend)
            found = outcome(holders, runs, budgets[stays].tolist())
            judged.take(factor, found.low, found.high, _what_came(world, day, ad, budgets, stays))


def _believed(own: Own, world: World, day: int, ad: np.ndarray, spend: np.ndarray) -> list[Responding]:
    told = _ads(world.rows(ad))
    standing = AdRows(told.ad_id, told.account_id, spend, told.impressions, told.clicks, told.frequency, told.vector)
    return believed_week(own.portfolio, standing, [str(one) for one in ad.tolist()], day=day)


def _what_came(world: World, day: int, ad: np.ndarray, budgets: np.ndarray, counted: np.ndarray) -> float:
    """What the counted ads' clicks of the week earn in the end, in a copy of the market."""
    other = copy.deepcopy(world)
    for ahead in range(WEEK):
        lives = other.ads.dies[ad] > day + ahead
        other.serve(day + ahead, ad[lives], budgets[lives])
    return sum(_of_week(events, day, ad[counted]) for late in other._booked[day:] for events in late)


def _of_week(events: Events, day: int, ad: np.ndarray) -> float:
    inside = (events.click_day >= day) & (events.click_day < day + WEEK) & np.isin(events.ad_id, ad)
    return float(events.value[inside].sum())


__all__ = ["run"]
