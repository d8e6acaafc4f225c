from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sampler.domain import AdRows, Limits, Portfolio, PortfolioConfig, ValueEvents
from tests.sampler.portfolio.market import NOTHING, Market, same_states, taught


def test_an_ad_that_paused_comes_back_rested() -> None:
    """Half of what was seen is forgotten in twenty days without impressions, in the plan and in what the first day back teaches."""
    portfolio = Portfolio()
    for day in range(10):
        rows = AdRows([1, 2], [1, 1], [50.0] * 2, [9_000] * 2, [40] * 2, frequency=[4.0, 4.0])
        portfolio.observe(day, rows, NOTHING)
    for day in range(10, 30):
        portfolio.observe(day, AdRows([2], [1], [50.0], [9_000], [40], frequency=[4.0]), NOTHING)
    asked = AdRows([1, 2], [1, 1], [50.0] * 2, [0] * 2, [0] * 2)
    rested, shown = portfolio.plan(30, 100.0, asked).parts.fatigue
    told = portfolio.plan(30, 100.0, replace(asked, frequency=[2.0, 4.0])).parts.fatigue
    assert (rested, shown) == pytest.approx(told)
    assert rested > shown
    portfolio.observe(30, replace(asked, impressions=[9_000] * 2, clicks=[40] * 2, frequency=[2.2, 4.0]), NOTHING)
    assert portfolio.state()["now.ads.open_frequency"] == pytest.approx([2.0, 4.0])


def test_a_restored_portfolio_goes_on_bit_for_bit(tmp_path: object) -> None:
    market, twin = Market(), Market()
    first = taught(Portfolio(PortfolioConfig(temperature=0.7), seed=9), market, range(25))
    taught(Portfolio(seed=9), twin, range(25))
    np.savez(tmp_path / "state.npz", **first.state())
    second = Portfolio.restore(dict(np.load(tmp_path / "state.npz")))
    for day in range(25, 110):
        for portfolio, played in ((first, market), (second, twin)):
            rows, events = played.live(day)
            portfolio.observe(day=day, ads=rows, events=events)
    plans = [one.plan(110, 600.0, market.rows()) for one in (first, second)]
    assert same_states(first, second)
    assert (plans[0].budget == plans[1].budget).all() and (plans[0].high == plans[1].high).all()


def test_a_portfolio_that_knows_nothing_is_restored() -> None:
    empty = Portfolio(seed=4)
    assert same_states(empty, Portfolio.restore(empty.state()))


def test_the_order_within_a_day_means_nothing() -> None:
    rng, straight, mixed = np.random.default_rng(0), Portfolio(seed=1), Portfolio(seed=1)
    market = Market()
    for day in range(20):
        rows, events = market.live(day)
        straight.observe(day, rows, events)
        turned, shuffled = rng.permutation(market.ads), rng.permutation(len(events.value))
        parts = (np.array(part, dtype=float)[shuffled] for part in (events.ad_id, events.click_day, events.value))
        mixed.observe(day, market.rows(turned), ValueEvents(*parts))
    plans = [one.plan(20, 600.0, market.rows()) for one in (straight, mixed)]
    assert (plans[0].budget == plans[1].budget).all()


def test_a_day_may_be_told_of_in_any_number_of_calls() -> None:
    whole, pieces, market = Portfolio(seed=1), Portfolio(seed=1), Market()
    for day in range(12):
        rows, events = market.live(day)
        whole.observe(day, rows, events)
        pieces.observe(day, market.rows(np.arange(5, 12)), NOTHING)
        pieces.observe(day, market.rows(np.arange(0, 5)), events)
        pieces.observe(day, market.rows(np.arange(2, 3)), NOTHING)
    plans = [one.plan(12, 600.0, market.rows()) for one in (whole, pieces)]
    assert (plans[0].budget == plans[1].budget).all() and (plans[0].expected == plans[1].expected).all()


def test_yesterdays_events_may_come_after_todays_figures() -> None:
    in_time, late, market = Portfolio(seed=1), Portfolio(seed=1), Market()
    days = [market.live(day) for day in range(12)]
    for day, (rows, events) in enumerate(days):
        in_time.observe(day, rows, events)
        late.observe(day, rows, NOTHING if day == 10 else events)
    late.observe(10, AdRows([], [], [], [], []), days[10][1])
    plans = [one.plan(12, 600.0, market.rows()) for one in (in_time, late)]
    assert plans[1].budget == pytest.approx(plans[0].budget)


def test_a_correction_replaces_what_was_told_of_the_day() -> None:
    right, corrected, market = Portfolio(seed=1), Portfolio(seed=1), Market()
    rows, events = market.live(0)
    right.observe(0, rows, events)
    corrected.observe(0, replace(rows, clicks=np.zeros(12)), events)
    corrected.observe(0, rows, NOTHING)
    assert (right.plan(1, 600.0, rows).budget == corrected.plan(1, 600.0, rows).budget).all()


@pytest.mark.parametrize("delay", [0, 9])
def test_the_delay_is_learnt(delay: int) -> None:
    portfolio = taught(Portfolio(seed=1), Market(ads=40, delay=delay), range(90))
    reached = portfolio.state()["now.accounts.reached"][1]
    assert abs(int(np.searchsorted(reached, 0.5)) - delay) <= 1


def test_waiting_conversions_are_not_mistaken_for_poor_ads() -> None:
    """With nine days of delay, the newest clicks of a steady market must not lower what is expected of it."""
    market = Market(ads=40, delay=9)
    plan = taught(Portfolio(seed=1), market, range(60)).plan(60, 2000.0, market.rows())
    assert plan.total_expected == pytest.approx(40 * 40 * 2.0, rel=0.12)
    blind = taught(Portfolio(PortfolioConfig(delay=False), seed=1), Market(ads=40, delay=9), range(60))
    rates = [made.parts.conversions_per_click.mean() for made in (plan, blind.plan(60, 2000.0, market.rows()))]
    assert rates[1] < 0.95 * rates[0]


def test_a_refund_lowers_the_belief_in_its_ad() -> None:
    kept, market = Portfolio(PortfolioConfig(temperature=0.0), seed=1), Market()
    taught(kept, market, range(20))
    refunded = Portfolio.restore(kept.state())
    ad = int(market.ad_id[4])
    kept.observe(20, market.rows(), NOTHING)
    refunded.observe(20, market.rows(), ValueEvents([ad] * 5, [12] * 5, [-40.0] * 5))
    before, after = (one.plan(21, 600.0, market.rows(), Limits(step=0.9)) for one in (kept, refunded))
    assert after.expected[4] < before.expected[4] and after.budget[4] < before.budget[4]
    assert after.parts.kept[4] < before.parts.kept[4]


def test_one_enormous_order_does_not_take_the_budget() -> None:
    market = Market()
    portfolio = taught(Portfolio(PortfolioConfig(temperature=0.0), seed=1), market, range(30))
    before = portfolio.plan(31, 600.0, market.rows(), Limits(step=0.9)).budget[2]
    portfolio.observe(30, market.rows(), ValueEvents([int(market.ad_id[2])], [29], [40_000.0]))
    assert portfolio.plan(31, 600.0, market.rows(), Limits(step=0.9)).budget[2] < 2 * before


def test_intervals_hold_four_times_in_five() -> None:
    worth = np.exp(np.random.default_rng(3).normal(0.5, 0.4, 60))
    inside, market = [], Market(ads=60, worth=worth)
    portfolio = Portfolio(seed=1)
    for day in range(80):
        rows, events = market.live(day)
        portfolio.observe(day, rows, events)
        if day >= 30 and day % 5 == 0:
            plan = portfolio.plan(day + 1, 3000.0, rows)
            true = 40 * (plan.budget / 50) ** 0.8 * worth
            inside.append(((plan.low <= true) & (true <= plan.high)).mean())
    assert 0.70 < np.mean(inside) < 0.92


def test_ads_long_gone_are_dropped_and_their_late_events_borne() -> None:
    portfolio = Portfolio(seed=1)
    for day in range(200):
        portfolio.observe(day, AdRows([day, day + 1], [1, 1], [50.0] * 2, [900] * 2, [40] * 2), NOTHING)
    assert len(portfolio.state()["now.ads.ids"]) < 80
    portfolio.observe(200, AdRows([200, 201], [1, 1], [50.0] * 2, [900] * 2, [40] * 2), ValueEvents([3], [4], [10.0]))


def test_an_account_that_breaks_with_its_past_is_told() -> None:
    market = Market(ads=40)
    portfolio = taught(Portfolio(seed=1), market, range(40))
    rows, events = market.live(40)
    broken = replace(rows, clicks=np.where(market.account_id == 70, 3 * market.clicks, market.clicks))
    portfolio.observe(40, broken, events)
    assert portfolio.plan(41, 2000.0, rows).alarmed_accounts.tolist() == [70]


def test_what_creatives_have_in_common_helps_new_ads() -> None:
    rng = np.random.default_rng(5)
    look = rng.normal(size=(60, 2))
    ids, account = np.arange(60), np.ones(60)
    for vectors, helps in ((True, True), (False, False)):
        portfolio = Portfolio(PortfolioConfig(vectors=vectors), seed=1)
        for day in range(30):
            clicks = rng.poisson(40 * np.exp(0.5 * look[:, 0]))
            portfolio.observe(day, AdRows(ids, account, np.full(60, 50.0), 50 * clicks, clicks, vector=look), NOTHING)
        new = AdRows([100, 101], [1, 1], [0.0] * 2, [0] * 2, [0] * 2, vector=[[1.5, 0.0], [-1.5, 0.0]])
        first, second = portfolio.plan(30, 60.0, new).parts.clicks
        assert (first > 2 * second) == helps


def test_python_needs_no_django_for_it() -> None:
    import subprocess
    import sys

    told = "import sys; import sampler.domain; assert not [m for m in sys.modules if m.startswith('django')]"
    subprocess.run([sys.executable, "-c", told], check=True)
