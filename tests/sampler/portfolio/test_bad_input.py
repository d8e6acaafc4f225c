from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampler.domain import AdRows, Limits, Portfolio, PortfolioConfig, ValueEvents
from tests.sampler.portfolio.market import NOTHING, Market, taught

ROWS = AdRows([4, 9, 2], [1, 1, 1], [5.0, 5.0, 5.0], [100, 100, 100], [3, 3, 3])
NAN = float("nan")


@pytest.mark.parametrize(
    "change, message",
    [
        ({"spend": [5.0, NAN, 5.0]}, r"spend\[1\] is not a number"),
        ({"spend": [5.0, 5.0, -1.0]}, r"spend\[2\] is negative"),
        ({"spend": [5.0, float("inf"), 5.0]}, r"spend\[1\]"),
        ({"spend": [5.0, 5.0]}, "spend has 2 values where ad_id has 3: first bad index 2"),
        ({"clicks": [1, NAN, 1]}, r"clicks\[1\]"),
        ({"clicks": [1, 2, 3, 4]}, "clicks has 4 values where ad_id has 3: first bad index 3"),
        ({"impressions": [-1, 2, 3]}, r"impressions\[0\] is negative"),
        ({"frequency": [1.0, 1.0, NAN]}, r"frequency\[2\]"),
        ({"vector": [[1.0], [NAN], [1.0]]}, r"vector\[1\]"),
        ({"vector": [[1.0], [1.0]]}, "vector has the shape"),
        ({"ad_id": [4, 9, 4]}, r"ad_id\[2\] is there twice: 4"),
        ({"ad_id": [4, 9.5, 2]}, r"ad_id\[1\] is not a whole number"),
        ({"account_id": [1, 1]}, "account_id has 2 values"),
        ({"spend": ["a", "b", "c"]}, "spend is not a row of numbers"),
        ({"log_boost": [0.0, NAN, 0.0]}, r"log_boost\[1\]"),
    ],
)
def test_a_bad_row_is_named_and_nothing_changes(change: dict, message: str) -> None:
    portfolio = Portfolio(seed=1)
    portfolio.observe(1, ROWS, NOTHING)
    before = portfolio.state()
    with pytest.raises(ValueError, match=message):
        portfolio.observe(2, replace(ROWS, **change), NOTHING)
    with pytest.raises(ValueError, match=message):
        portfolio.plan(2, 15.0, replace(ROWS, **change))
    after = portfolio.state()
    assert all(np.array_equal(before[key], after[key], equal_nan=True) for key in before)


@pytest.mark.parametrize(
    "events, message",
    [
        (ValueEvents([4, 77], [1, 1], [5.0, 5.0]), r"ad_id\[1\] of an event"),
        (ValueEvents([4, 9], [1, 3], [5.0, 5.0]), r"click_day\[1\] is after day 2"),
        (ValueEvents([4, 9], [1, 1], [5.0, NAN]), r"value\[1\] is not a number"),
        (ValueEvents([4, 9], [1], [5.0, 5.0]), "click_day has 1 values"),
        (ValueEvents([4, 9], [1, 1], [5.0]), "value has 1 values"),
    ],
)
def test_a_bad_event_is_named_and_nothing_changes(events: ValueEvents, message: str) -> None:
    portfolio = Portfolio(seed=1)
    portfolio.observe(1, ROWS, NOTHING)
    before = portfolio.state()
    with pytest.raises(ValueError, match=message):
        portfolio.observe(2, ROWS, events)
    after = portfolio.state()
    assert before["told.day"] == after["told.day"] == 1
    assert all(np.array_equal(before[key], after[key], equal_nan=True) for key in before)


def test_vectors_keep_their_length() -> None:
    portfolio = Portfolio(seed=1)
    portfolio.observe(1, replace(ROWS, vector=np.ones((3, 2))), NOTHING)
    with pytest.raises(ValueError, match="vector has 3 dimensions, 2 before"):
        portfolio.observe(2, replace(ROWS, vector=np.ones((3, 3))), NOTHING)


def test_settings_are_checked() -> None:
    with pytest.raises(ValueError, match="temperature is -1"):
        PortfolioConfig(temperature=-1)


number = st.one_of(st.floats(0, 1e12), st.sampled_from([0.0, 1e-300, 1e-9, 1.0, 1e9]))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_input_makes_a_plan_that_is_no_number(data: st.DataObject) -> None:
    portfolio, day = Portfolio(PortfolioConfig(), seed=data.draw(st.integers(-(2**63), 2**63))), 0
    for _ in range(data.draw(st.integers(1, 5))):
        count = data.draw(st.integers(0, 6))
        of = {"min_size": count, "max_size": count}
        ids = data.draw(st.lists(st.integers(-5, 5), unique=True, **of))
        columns = [data.draw(st.lists(number, **of)) for _ in range(4)]
        rows = AdRows(ids, data.draw(st.lists(st.integers(-2, 2), **of)), *columns[:3], frequency=columns[3])
        sold = (
            data.draw(st.lists(st.tuples(st.sampled_from(ids), st.integers(0, 90), st.floats(-1e300, 1e300))))
            if ids
            else []
        )
        events = ValueEvents([s[0] for s in sold], [day - s[1] for s in sold], [s[2] for s in sold])
        portfolio.observe(day, rows, events)
        step = data.draw(st.sampled_from([0.2, None]))
        total = data.draw(st.floats(0, 1e9))
        plan = portfolio.plan(day + 1, total, rows, Limits(step=step))
        parts = [
            plan.budget,
            plan.expected,
            plan.low,
            plan.high,
            plan.theta,
            plan.marginal,
            plan.variance,
            *vars(plan.parts).values(),
        ]
        assert all(np.isfinite(part).all() for part in parts)
        if ids:
            assert plan.budget.sum() == pytest.approx(total, rel=1e-9)
        day += data.draw(st.integers(0, 80))


def test_only_refunds_and_more_clicks_than_impressions_are_borne() -> None:
    portfolio = Portfolio(seed=1)
    for day in range(5):
        rows = AdRows([1, 2], [1, 1], [50.0, 50.0], [0, 3], [40, 30])
        portfolio.observe(day, rows, ValueEvents([1, 2], [day, day], [-1e9, -5.0]))
    plan = portfolio.plan(5, 100.0, rows)
    assert np.isfinite(plan.expected).all() and plan.budget.sum() == pytest.approx(100)


def test_a_long_silence_is_borne() -> None:
    market = Market()
    portfolio = taught(Portfolio(seed=1), market, range(10))
    portfolio.observe(5000, market.rows(), NOTHING)
    assert np.isfinite(portfolio.plan(9000, 600.0, market.rows()).expected).all()


@pytest.mark.parametrize("size", [1e300, 1e-300])
def test_enormous_and_tiny_figures_are_borne(size: float) -> None:
    portfolio = Portfolio(seed=1)
    for day in range(3):
        rows = AdRows([1, 2], [1, 1], [size, 50.0], [size, 0], [size, 5.0])
        portfolio.observe(day, rows, ValueEvents([1, 2], [day, day], [size, 1e308]))
    plan = portfolio.plan(3, size, rows)
    assert np.isfinite([plan.budget, plan.expected, plan.low, plan.high]).all()
    assert plan.budget.sum() == pytest.approx(size, rel=1e-9)
