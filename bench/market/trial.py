"""One policy in one market: everybody watches an equal split for four weeks, then the policy decides for ninety days."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field

import numpy as np

from bench.market.guardrail import place
from bench.market.oracle import SHADOW_PRICES, Oracle
from bench.market.policy import Brief, Forecast, Limits, Policy
from bench.market.scenario import Scenario
from bench.market.world import World


@dataclass
class Trial:
    """Evaluated days only. Revenue is the expected one, without chance in clicks and orders."""

    revenue: list[float] = field(default_factory=list)
    spend: list[float] = field(default_factory=list)
    churn: list[float] = field(default_factory=list)
    """By day: budget moved between ads alive on both days, of the day's budget."""
    milliseconds: list[float] = field(default_factory=list)
    inside: int = 0
    """Ad-days whose true revenue lay in the interval that was stated, of `stated`; `below` it lay under the interval."""
    below: int = 0
    stated: int = 0
    log_error: float = 0.0
    forecast: list[float] = field(default_factory=list)
    """By day: stated revenue of all ads over the true one."""
    total_inside: int = 0
    """Days on which the true revenue of all ads lay in its interval."""

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def run_policy(policy: Policy, scenario: Scenario, seed: int) -> Trial:
    return _live(policy, World(scenario, seed))


def run_oracle(scenario: Scenario, seed: int) -> Trial:
    """The best of the shadow prices."""
    worlds = [World(scenario, seed) for _ in SHADOW_PRICES]
    trials = [_live(Oracle(world, price), world) for world, price in zip(worlds, SHADOW_PRICES, strict=True)]
    return max(trials, key=lambda trial: sum(trial.revenue))


def _live(policy: Policy, world: World) -> Trial:
    trial, scenario, seed = Trial(), world.scenario, world.seed
    budget, limits = scenario.budget, Limits(scenario.step, scenario.spend_per_ad)
    policy.reset(Brief(scenario.accounts, scenario.ads, budget, scenario.spend_per_ad, scenario.step, seed))
    for day in range(scenario.horizon):
        ad = world.alive(day)
        evaluated = day >= scenario.warm_up
        yesterday = world.last["spend"][ad]
        began = time.perf_counter()
        if evaluated:
            asked = np.asarray(policy.plan(day, world.rows(ad), budget, limits), float)
        took = time.perf_counter() - began
        if evaluated:
            if asked.shape != ad.shape or not np.isfinite(asked).all() or (asked < 0).any():
                raise ValueError(f"day {day}: budgets must be finite, not negative and one an ad")
            spend = place(asked, yesterday, budget, limits, pauses=getattr(policy, "pauses", False))
        else:
            spend = np.full(ad.size, budget / ad.size)
        rows, events, truth = world.serve(day, ad, spend)
        began = time.perf_counter()
        policy.observe(day, rows, events)
        if evaluated:
            trial.milliseconds.append(1e3 * (took + time.perf_counter() - began))
            known = world.ads.born[ad] < day
            trial.revenue.append(float(truth.revenue.sum()))
            trial.spend.append(float(spend.sum()))
            trial.churn.append(float(np.abs(spend - yesterday)[known].sum() / spend.sum()))
            if forecast := getattr(policy, "forecast", None):
                _judge(trial, forecast, truth.revenue)
    return trial


def _judge(trial: Trial, forecast: Forecast, true: np.ndarray) -> None:
    trial.stated += true.size
    trial.inside += int(((forecast.low <= true) & (true <= forecast.high)).sum())
    trial.below += int((true < forecast.low).sum())
    trial.log_error += float(np.log(np.maximum(forecast.expected, 1e-9) / np.maximum(true, 1e-9)).sum())
    trial.total_inside += int(forecast.total_low <= true.sum() <= forecast.total_high)
    trial.forecast.append(float(forecast.expected.sum() / true.sum()))
