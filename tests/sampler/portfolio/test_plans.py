from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampler.domain import AdRows, Limits, Portfolio, PortfolioConfig, ValueEvents
from tests.sampler.portfolio.market import NOTHING, Market, taught

GUARDED = Limits(step=0.2, floor=0.0, ceiling=None, launch=50.0)


@pytest.fixture(scope="module")
def learned() -> tuple[Portfolio, Market]:
    market = Market()
    return taught(Portfolio(PortfolioConfig(), seed=3), market, range(30)), market


def test_budgets_sum_to_the_total_and_steps_hold(learned: tuple) -> None:
    portfolio, market = learned
    plan = portfolio.plan(day=30, budget=600.0, ads=market.rows(), limits=GUARDED)
    assert plan.budget.sum() == pytest.approx(600, abs=1e-6)
    assert (plan.budget >= 0.8 * market.spend - 1e-9).all()
    assert (plan.budget <= 1.2 * market.spend + 1e-9).all()
    assert (plan.low < plan.expected).all() and (plan.expected < plan.high).all()
    assert plan.ad_id.tolist() == market.ad_id.tolist()


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0.01, 1e7),
    st.one_of(st.none(), st.floats(0, 2)),
    st.lists(st.floats(0, 1e4), min_size=12, max_size=12),
    st.floats(0, 1e3),
)
def test_any_total_is_placed(
    learned: tuple, total: float, step: float | None, spend: list[float], launch: float
) -> None:
    portfolio, market = learned
    plan = portfolio.plan(
        day=30, budget=total, ads=replace(market.rows(), spend=spend), limits=Limits(step=step, launch=launch)
    )
    assert plan.budget.sum() == pytest.approx(total, rel=1e-9)
    assert all(np.isfinite(part).all() for part in (plan.budget, plan.expected, plan.low, plan.high, plan.marginal))
    assert (plan.budget >= 0).all()
    if not plan.findings and step is not None:
        assert (plan.budget >= (1 - step) * np.array(spend) * (1 - 1e-9) - 1e-9).all()


def test_the_order_of_rows_means_nothing(learned: tuple) -> None:
    portfolio, market = learned
    turned = np.random.default_rng(1).permutation(market.ads)
    straight = portfolio.plan(day=30, budget=600.0, ads=market.rows(), limits=GUARDED)
    mixed = portfolio.plan(day=30, budget=600.0, ads=market.rows(turned), limits=GUARDED)
    assert mixed.budget == pytest.approx(straight.budget[turned], rel=1e-9)
    assert (mixed.draw == straight.draw[turned]).all()


def test_the_same_seed_makes_the_same_plan() -> None:
    plans = [
        taught(Portfolio(PortfolioConfig(temperature=1.0), seed=seed), Market(), range(10))
        .plan(day=10, budget=600.0, ads=Market().rows(), limits=GUARDED)
        .budget
        for seed in (3, 3, 4)
    ]
    assert (plans[0] == plans[1]).all()
    assert (plans[0] != plans[2]).any()


def test_a_plan_may_be_drawn_at_another_temperature_of_all_or_of_some(learned: tuple) -> None:
    portfolio, market = learned
    ask = {"day": 30, "budget": 600.0, "ads": market.rows(), "limits": GUARDED}
    warm = taught(Portfolio(PortfolioConfig(temperature=1.0), seed=3), Market(), range(30)).plan(**ask)
    asked = portfolio.plan(**ask, temperature=1.0)
    assert (asked.budget == warm.budget).all()
    assert (
        portfolio.plan(**ask, temperature=portfolio.config.temperature).budget == portfolio.plan(**ask).budget
    ).all()
    some = portfolio.plan(**ask, temperature=np.where(np.arange(market.ads) < 5, 1.0, 0.0))
    assert some.draw_spread[:5] == pytest.approx(asked.draw_spread[:5])
    assert (some.draw_spread[5:] == 0).all()
    for bad in (-0.1, 2.1, np.nan, [0.1] * 11 + [3.0]):
        with pytest.raises(ValueError, match="temperature"):
            portfolio.plan(**ask, temperature=bad)


def test_an_ad_is_new_until_its_days_are_over_or_its_own_record_tells_most() -> None:
    portfolio = Portfolio()
    for day in range(10):
        ads, clicks = ([1], [40]) if day < 8 else ([1, 2, 3], [40, 4, 4000])
        rows = AdRows(ads, [7] * len(ads), [50.0] * len(ads), [9_000] * len(ads), clicks)
        portfolio.observe(day, rows, ValueEvents([1], [day], [90.0]))
    asked = ([1, 2, 3, 4, 5], [7, 7, 7, 7, 8])
    never, no_end = (
        -np.inf,
        np.inf,
    )  # 1 is the account's oldest, 3 well known, 4 not told of yet, 5 in an unknown account
    assert portfolio.learning_until(*asked, days=3).tolist() == [never, 11, never, no_end, never]
    assert portfolio.learning_until(*asked, days=0).tolist() == [never] * 5
    assert Portfolio().learning_until([1], [7], days=3).tolist() == [never]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_what_is_explored_is_what_the_draws_moved(temperature: float) -> None:
    plans = []
    for one in (0.0, temperature):
        market = Market()
        portfolio = taught(Portfolio(PortfolioConfig(temperature=one), seed=3), market, range(30))
        plans.append(portfolio.plan(day=30, budget=600.0, ads=market.rows(), limits=GUARDED))
    cold, warm = plans
    assert warm.explored == pytest.approx(np.abs(warm.budget - cold.budget).sum() / 2 / 600, abs=1e-9)
    assert (warm.explored > 0) == (temperature > 0)


def test_planning_changes_nothing(learned: tuple) -> None:
    portfolio, market = learned
    before = portfolio.state()
    portfolio.plan(day=31, budget=5.0, ads=replace(market.rows(), ad_id=market.ad_id + 1000))
    after = portfolio.state()
    assert all(np.array_equal(before[key], after[key], equal_nan=True) for key in before)


def test_ads_that_sell_more_get_more() -> None:
    market = Market(worth=np.linspace(0.5, 4, 12))
    portfolio = Portfolio(PortfolioConfig(temperature=0.0), seed=1)
    for day in range(60):
        rows, events = market.live(day)
        portfolio.observe(day=day, ads=rows, events=events)
        market.spend = portfolio.plan(day=day + 1, budget=600.0, ads=rows, limits=GUARDED).budget
    assert market.spend[-4:].sum() > 3 * market.spend[:4].sum()


@pytest.mark.parametrize("ad", [0, 5, 11])
def test_more_revenue_never_lowers_an_ads_budget(ad: int) -> None:
    budgets = []
    for extra in (0, 1, 3, 10):
        market = Market()
        portfolio = taught(Portfolio(PortfolioConfig(temperature=0.0), seed=1), market, range(20))
        ids = [int(market.ad_id[ad])] * extra
        portfolio.observe(20, market.rows(), ValueEvents(ids, [15] * extra, [40.0] * extra))
        plan = portfolio.plan(day=21, budget=600.0, ads=market.rows(), limits=Limits(step=0.9, launch=50))
        budgets.append(plan.budget[ad])
    assert all(later >= sooner * (1 - 1e-6) for sooner, later in itertools.pairwise(budgets))


def test_floors_and_ceilings_always_hold(learned: tuple) -> None:
    portfolio, market = learned
    ceiling = np.linspace(20, 80, 12)
    plan = portfolio.plan(day=30, budget=400.0, ads=market.rows(), limits=Limits(0.2, 10.0, ceiling, 50.0))
    assert plan.budget.sum() == pytest.approx(400)
    assert (plan.budget <= ceiling).all() and (plan.budget >= 10).all()


@pytest.mark.parametrize(
    "budget, limits, names",
    [
        (100.0, Limits(floor=10.0), "budget"),
        (1000.0, Limits(ceiling=10.0), "budget"),
        (-1.0, Limits(), "budget"),
        (float("nan"), Limits(), "budget"),
        (100.0, Limits(step=-0.1), "step"),
        (100.0, Limits(floor=-1.0), "floor"),
        (100.0, Limits(launch=float("nan")), "launch"),
        (100.0, Limits(floor=5.0, ceiling=4.0), r"floor\[0\]"),
    ],
)
def test_impossible_totals_are_refused(learned: tuple, budget: float, limits: Limits, names: str) -> None:
    portfolio, market = learned
    with pytest.raises(ValueError, match=names):
        portfolio.plan(day=30, budget=budget, ads=market.rows(), limits=limits)


def test_steps_give_way_where_the_total_leaves_no_choice(learned: tuple) -> None:
    portfolio, market = learned
    less = portfolio.plan(day=30, budget=100.0, ads=market.rows(), limits=GUARDED)
    more = portfolio.plan(day=30, budget=5000.0, ads=market.rows(), limits=GUARDED)
    assert less.budget.sum() == pytest.approx(100) and more.budget.sum() == pytest.approx(5000)
    assert "the steps leave more" in less.findings[0] and "take less" in more.findings[0]


def test_a_new_ad_gets_its_launch_budget_at_most() -> None:
    market = Market()
    portfolio = taught(Portfolio(seed=1), market, range(10))
    rows = replace(market.rows(), ad_id=[*market.ad_id[:-1], 999], spend=[*market.spend[:-1], 0.0])
    for step in (0.2, None):
        plan = portfolio.plan(day=10, budget=560.0, ads=rows, limits=Limits(step=step, launch=30.0))
        assert 0 < plan.budget[-1] <= 30


def test_no_ads_one_ad_and_no_past() -> None:
    portfolio = Portfolio(PortfolioConfig(temperature=0.0), seed=1)
    nobody = AdRows([], [], [], [], [])
    assert len(portfolio.plan(day=0, budget=100.0, ads=nobody).budget) == 0
    one = portfolio.plan(day=0, budget=100.0, ads=AdRows([7], [1], [0.0], [0], [0]))
    assert one.budget.tolist() == [100.0]
    assert np.isfinite([one.expected[0], one.low[0], one.high[0]]).all()
    portfolio.observe(0, nobody, NOTHING)
    new = portfolio.plan(day=1, budget=90.0, ads=AdRows([7, 8, 9], [1, 1, 2], [0.0] * 3, [0] * 3, [0] * 3))
    assert new.budget == pytest.approx([30] * 3)
    assert portfolio.plan(
        day=1, budget=0.0, ads=AdRows([7, 8], [1, 1], [5.0, 5.0], [0, 0], [0, 0])
    ).budget.tolist() == [0, 0]


def test_damping_moves_half_as_much() -> None:
    moved = []
    for damping in (1.0, 0.5):
        market = Market(worth=np.linspace(0.5, 4, 12))
        portfolio = taught(Portfolio(PortfolioConfig(damping=damping, temperature=0.0), seed=1), market, range(30))
        plan = portfolio.plan(day=30, budget=600.0, ads=market.rows(), limits=GUARDED)
        moved.append(np.abs(plan.budget - market.spend).sum())
        assert plan.budget.sum() == pytest.approx(600)
    assert 0.35 * moved[0] < moved[1] < 0.65 * moved[0]


def test_a_boost_lifts_a_new_ad_and_is_shown() -> None:
    market = Market()
    portfolio = taught(Portfolio(PortfolioConfig(temperature=0.0), seed=1), market, range(10))
    ids, account = [501, 502, *market.ad_id], [70, 70, *market.account_id]
    rows = AdRows(ids, account, np.full(14, 50.0), np.zeros(14), np.zeros(14), log_boost=[0.5, *([0.0] * 13)])
    plan = portfolio.plan(day=10, budget=700.0, ads=rows, limits=Limits(step=4.0))
    assert plan.budget[0] > plan.budget[1]
    assert plan.parts.boost[0] == pytest.approx(np.exp(0.5))
    assert (plan.parts.boost[1:] == 1).all()
    known = replace(rows, log_boost=[0.0, 0.0, 0.5, *([0.0] * 11)])
    assert 1 < portfolio.plan(day=10, budget=700.0, ads=known).parts.boost[2] < np.exp(0.5)


def test_parts_multiply_to_what_is_expected(learned: tuple) -> None:
    portfolio, market = learned
    plan = portfolio.plan(day=30, budget=600.0, ads=market.rows(), limits=GUARDED)
    parts = plan.parts
    per_click = parts.conversions_per_click * parts.weekday * parts.season
    at_usual = parts.clicks * per_click * parts.value_per_conversion * parts.kept
    middle = at_usual * (plan.budget / parts.usual_spend) ** plan.elasticity
    assert np.sqrt(plan.low * plan.high) == pytest.approx(middle, rel=1e-6)
    assert plan.total_expected == pytest.approx(plan.expected.sum())
    assert plan.total_low < plan.total_expected < plan.total_high
