"""The market that the sampler's benchmark trusts: its books balance, and what it calls expected is what happens on average."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.market.delays import LONGEST, delay_shares
from bench.market.guardrail import place
from bench.market.oracle import Oracle
from bench.market.peers.equal import Equal
from bench.market.peers.proportional import Proportional
from bench.market.policy import Limits
from bench.market.registry import AS_TOLD, make_policy
from bench.market.scenario import MIXED, SCENARIOS
from bench.market.trial import run_oracle, run_policy
from bench.market.world import World
from sampler.domain.frequency_lately import frequency_lately

SMALL = replace(MIXED, ads=20, accounts=2, days=20, shock_day=10)
GUARDED = Limits(0.2, 50.0)


def test_the_same_seed_is_the_same_market():
    one, two = (run_policy(Proportional(1.5), SMALL, 4) for _ in range(2))
    assert one.revenue == two.revenue
    assert run_policy(Proportional(1.5), SMALL, 5).revenue != one.revenue


def test_the_truth_is_the_mean_of_what_happens():
    booked, clicks, expected, expected_clicks = [], [], [], []
    ad = World(SMALL, 0).alive(0)
    budget = np.linspace(10, 150, ad.size)
    for seed in range(300):
        world = World(SMALL, 0)
        world.seed = seed
        rows, events, truth = world.serve(0, ad, budget)
        late = [part for day in range(1, LONGEST) for part in world._booked[day]]
        booked.append(events.value.sum() + sum(part.value.sum() for part in late))
        clicks.append(rows.clicks.sum())
        expected.append(truth.revenue.sum())
        expected_clicks.append(truth.clicks.sum())
    assert np.mean(clicks) == pytest.approx(expected_clicks[0], rel=0.01)
    assert np.mean(booked) == pytest.approx(expected[0], abs=3 * np.std(booked) / np.sqrt(300))


def test_frequency_worked_out_from_reach_is_the_markets_own():
    world, days = World(SMALL, 2), []
    for day in range(40):
        ad = world.alive(day)
        rows, _, _ = world.serve(day, ad, np.full(ad.size, 50.0))
        days.append((ad, np.full(ad.size, day), rows.impressions, rows.impressions / rows.reach, rows.frequency))
    *reported, true = (np.concatenate(part) for part in zip(*days, strict=True))
    old = true > 1
    assert np.median(np.abs(np.log(frequency_lately(*reported) / true)[old])) < 0.02


def test_told_what_the_product_tells_it_the_engine_knows_frequency_and_no_vectors():
    played = make_policy(AS_TOLD)
    run_policy(played, SMALL, 4)
    state = played.portfolio.state()
    assert state["now.dimensions"] == 0
    assert state["now.ads.frequency"].max() > 1


@pytest.mark.parametrize("family", ["lognormal", "two-part"])
def test_every_order_is_booked_within_sixty_days(family):
    shares = delay_shares(family, 12.0, 0.8)
    assert shares.size == LONGEST
    assert (shares > 0).all() and shares.sum() == pytest.approx(1)


def test_pareto_orders_are_worth_what_lognormal_ones_are():
    rng = np.random.default_rng(3)
    worlds = [World(replace(SMALL, values=values), 0) for values in ("lognormal", "pareto")]
    ad = np.zeros(400_000, int)
    for world in worlds:
        values = world._order_values(ad, np.full(ad.size, 0.5), rng)
        assert values.mean() == pytest.approx(world.ads.order[0], rel=0.03)


def test_the_guardrail_spends_the_budget_and_leaves_what_is_legal():
    rng = np.random.default_rng(1)
    before = rng.uniform(0, 100, 50)
    before[:5] = 0
    low, high = GUARDED.bounds(before, 0)
    for asked in (rng.uniform(0, 1, 50), rng.exponential(1, 50) ** 8, np.eye(50)[7]):
        placed = place(asked, before, before.sum(), GUARDED, pauses=False)
        assert placed.sum() == pytest.approx(before.sum(), rel=1e-12)
        assert (placed >= low - 1e-9).all() and (placed <= high + 1e-9).all()
        assert place(placed, before, before.sum(), GUARDED, pauses=False) == pytest.approx(placed)


def test_a_pause_stops_an_ad_at_once():
    before = np.full(10, 50.0)
    asked = np.where(np.arange(10) < 2, 0.0, 50.0)
    placed = place(asked, before, 500.0, GUARDED, pauses=True)
    assert (placed[:2] == 0).all() and placed[2:] == pytest.approx(60.0)


def test_the_oracle_beats_any_random_split():
    world = World(SMALL, 2)
    ad = world.alive(0)
    world.serve(0, ad, np.full(ad.size, 50.0))
    rows, rng = world.rows(ad), np.random.default_rng(0)
    best = world.truth(1, ad, Oracle(world, 0.0).plan(1, rows, SMALL.budget, GUARDED)).revenue.sum()
    for _ in range(200):
        split = place(rng.exponential(1, ad.size), rows.spend, SMALL.budget, GUARDED, pauses=False)
        assert world.truth(1, ad, split).revenue.sum() <= best * (1 + 1e-6)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_can_be_played(name):
    scenario = replace(SCENARIOS[name], days=5, shock_day=2)
    best, equal = run_oracle(scenario, 0), run_policy(Equal(), scenario, 0)
    assert sum(equal.spend) == pytest.approx(5 * scenario.budget)
    assert sum(equal.revenue) < sum(best.revenue)
