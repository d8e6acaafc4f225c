"""One policy in one market: everybody watches an equal split for four weeks, then the policy decides for ninety days."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field

import numpy as np

from bench.market.guardrail import place
from bench.market.oracle import SHADOW_PRICES, Oracle
from bench.market.policy import Brief, Forecast, Limits, Policy
from bench.market.scenario import Scenario
from bench.market.upsets import befall
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
    total_held: list[bool] = field(default_factory=list)
    """By day: whether the true revenue of all ads lay in its interval."""
    held: list[float] = field(default_factory=list)
    """By day: the part of the ads whose true revenue lay in theirs."""
    taken_back: float = 0.0
    """Of `moved`, the money that went the other way on the day after."""
    moved: float = 0.0
    victims: list[float] = field(default_factory=list)
    """By day from the upset on: the budget of the ad that it befell, beside the one it had on the day before."""
    alarms: int = 0
    """Alarms for single ads, other than the one for an ad whose conversions or order values had collapsed."""

    @property
    def total_inside(self) -> int:
        return sum(self.total_held)

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
    moves: dict[int, float] = {}
    told = np.zeros(world.ads.born.size, dtype=bool)
    for day in range(scenario.horizon):
        befall(world, day)
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
            spend = budget * world.ads.size[ad] / world.ads.size[ad].sum()
        rows, events, truth = world.serve(day, ad, spend)
        rows = rows.of(world.told(day, rows.account_id))
        told[rows.ad_id] = True
        events = events.of(told[events.ad_id])
        began = time.perf_counter()
        policy.observe(day, rows, events)
        if evaluated:
            trial.milliseconds.append(1e3 * (took + time.perf_counter() - began))
            known = world.ads.born[ad] < day
            trial.revenue.append(float(truth.revenue.sum()))
            trial.spend.append(float(spend.sum()))
            trial.churn.append(float(np.abs(spend - yesterday)[known].sum() / spend.sum()))
            moves = _judge_moves(
                trial, moves, dict(zip(ad[known].tolist(), (spend - yesterday)[known].tolist(), strict=True))
            )
            _watch_victim(trial, world, policy, ad, spend, yesterday)
            if forecast := getattr(policy, "forecast", None):
                _judge(trial, forecast, truth.revenue)
    return trial


def _judge(trial: Trial, forecast: Forecast, true: np.ndarray) -> None:
    trial.stated += true.size
    trial.inside += int(((forecast.low <= true) & (true <= forecast.high)).sum())
    trial.below += int((true < forecast.low).sum())
    trial.log_error += float(np.log(np.maximum(forecast.expected, 1e-9) / np.maximum(true, 1e-9)).sum())
    trial.held.append(float(((forecast.low <= true) & (true <= forecast.high)).mean()))
    trial.total_held.append(bool(forecast.total_low <= true.sum() <= forecast.total_high))
    trial.forecast.append(float(forecast.expected.sum() / true.sum()))


def _judge_moves(trial: Trial, before: dict[int, float], now: dict[int, float]) -> dict[int, float]:
    """What of the moves of the day before these take back."""
    trial.moved += sum(abs(move) for move in before.values())
    trial.taken_back += sum(
        min(abs(move), abs(now[ad])) for ad, move in before.items() if ad in now and move * now[ad] < 0
    )
    return now


def _watch_victim(
    trial: Trial, world: World, policy: Policy, ad: np.ndarray, spend: np.ndarray, yesterday: np.ndarray
) -> None:
    alarmed = set(getattr(policy, "alarmed", ()))
    if world.scenario.upset.startswith("collapse"):
        alarmed.discard(world.victim)
    trial.alarms += len(alarmed)
    if world.victim is not None:
        at = int(np.flatnonzero(ad == world.victim)[0])
        if not trial.victims:
            trial.victims.append(float(yesterday[at]))
        trial.victims.append(float(spend[at]))
