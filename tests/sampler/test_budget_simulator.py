"""What other budgets would bring, against closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampler.domain.budget_simulator import Responding, _of_orders, draw_runs, outcome
from sampler.domain.curve_reasons import Curve

SURE = Curve(usual=100.0, expected=300.0, elasticity=0.8, deviation=1e-9, slope_deviation=0.0)


def responding(budget=100.0, curve=SURE, value=0.01):
    return Responding("one", budget, curve, order_value=value, order_spread=0.0)


def simulated(holders, budgets, *, days=7, runs=2000, drift=0.0, seed=1):
    return outcome(holders, draw_runs(holders, days=days, runs=runs, drift=drift, seed=seed), budgets)


@pytest.mark.parametrize("percent", [-50, -10, 10, 50])
def test_what_is_certain_comes_out_as_the_curve_says(percent):
    budget = 100.0 * (1 + percent / 100)
    found = simulated([responding()], [budget])
    revenue = 7 * 300 * (budget / 100) ** 0.8
    assert found.revenue == pytest.approx(revenue, rel=0.003)
    assert found.marginal == pytest.approx((revenue - 2100) / (7 * (budget - 100)), rel=0.003)
    assert found.spend == pytest.approx(7 * budget)


def test_at_the_base_the_marginal_return_is_that_of_the_next_unit():
    found = simulated([responding()], [100.0])
    near = simulated([responding()], [100.01])
    assert found.marginal == pytest.approx(0.8 * 3.0, rel=1e-3)
    assert near.marginal == pytest.approx(found.marginal, rel=1e-3)


@pytest.mark.parametrize("percent", [-0.01, -1e-8, 0, 1e-12, 1e-8, 1e-5, 0.01, 1])
def test_what_a_better_split_wins_is_no_return_of_added_budget(percent):
    holders = [responding(curve=replace(SURE, expected=expected)) for expected in (100.0, 900.0)]
    start, wanted = ([total / 4, 3 * total / 4] for total in (200.0, 200.0 * (1 + percent / 100)))
    found = outcome(holders, draw_runs(holders, days=7, runs=500, drift=0.0, seed=1), wanted, start=start)
    next_unit = 0.8 * sum(one.curve.revenue(budget) for one, budget in zip(holders, start, strict=True)) / 200
    assert found.marginal == pytest.approx(next_unit, rel=0.01)
    assert found.revenue > 7 * 1.05 * sum(holder.curve.revenue(100.0) for holder in holders)


def test_less_is_lost_by_a_small_cut_than_by_a_large_one_per_unit():
    cuts = [simulated([responding()], [100.0 - cut]).marginal for cut in (1, 30, 60)]
    assert cuts == sorted(cuts)


def test_order_noise_has_the_variance_of_a_compound_poisson():
    holder = Responding("one", 100.0, SURE, order_value=60.0, order_spread=0.7)
    found = [simulated([holder], [100.0], days=1, runs=20_000, seed=seed) for seed in range(3)]
    true = np.random.default_rng(3)
    counts = true.poisson(300 / 60, 40_000)
    sums = np.array([true.lognormal(np.log(60) - 0.245, 0.7, n).sum() for n in counts])
    for one in found:
        assert one.high == pytest.approx(np.percentile(sums, 95), rel=0.10)


def test_days_average_out_but_not_all_of_the_straying():
    holder = responding(value=1e-6)
    week, day = (simulated([holder], [100.0], days=days, runs=20_000, drift=0.3) for days in (7, 1))
    assert np.log(day.high / day.low) / (2 * 1.645) == pytest.approx(0.3, rel=0.05)
    assert 0.3 / np.sqrt(7) < np.log(week.high / week.low) / (2 * 1.645) < 0.3


curves = st.builds(
    Curve,
    usual=st.floats(1, 1e4),
    expected=st.floats(0.01, 1e6),
    elasticity=st.floats(0.1, 0.95),
    deviation=st.floats(0.01, 1.5),
    slope_deviation=st.floats(0, 0.3),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(curves, st.floats(1, 1e4)), min_size=1, max_size=6), st.integers(-90, 300))
def test_every_run_is_finite_and_more_budget_never_brings_less(given_holders, percent):
    holders = [Responding(str(i), budget, curve, 50.0, 1.0) for i, (curve, budget) in enumerate(given_holders)]
    runs = draw_runs(holders, days=14, runs=200, drift=0.2, seed=2)
    base = outcome(holders, runs, [holder.budget for holder in holders])
    other = outcome(holders, runs, [holder.budget * (1 + percent / 100) for holder in holders])
    assert np.isfinite([other.revenue, other.low, other.high, other.marginal]).all()
    assert other.low <= other.high
    assert other.marginal >= 0
    assert (other.spend >= base.spend) == (percent >= 0)


@pytest.mark.parametrize("count", [1, 2, 7, 1000])
def test_mirrored_runs_grow_as_each_of_them_would_alone(count):
    curves = [replace(SURE, elasticity=one, deviation=0.4, slope_deviation=0.3) for one in (0.06, 0.6, 1.09, 1.4)]
    runs = draw_runs([responding(curve=curve) for curve in curves], days=7, runs=count, drift=0.2, seed=5)
    ratio = np.array([0.5, 1.0, 1.7, 3.0])
    assert runs.grown(ratio) == pytest.approx(runs.theta * ratio**runs.beta, rel=1e-12)
    assert ((runs.beta >= 0.05 - 1e-12) & (runs.beta <= 1.1 + 1e-12)).all()


@pytest.mark.parametrize("orders_a_day", [1, 4, 25, 400])
def test_the_straying_that_counting_brings_is_that_of_the_log_of_a_gamma(orders_a_day):
    found = _of_orders([responding(value=75.0)], np.array([75.0 * orders_a_day]))
    drawn = np.log(np.random.default_rng(4).gamma(orders_a_day, size=400_000))
    assert found == pytest.approx(drawn.var(), rel=0.02)
    assert _of_orders([responding(value=75.0)], np.array([75.0])) == pytest.approx(np.pi**2 / 6)
