"""A day of few orders strays by their luck: as far as drawn days do."""

from __future__ import annotations

import numpy as np
import pytest

from sampler.domain.curve_reasons import Curve
from sampler.domain.luck_of_orders import Orders, deviation


@pytest.mark.parametrize(("orders", "spread", "kept"), [(40, 0.5, 1.0), (60, 0.8, 0.25), (400, 0.3, 0.5)])
def test_the_variance_is_that_of_drawn_days(orders, spread, kept):
    rng, value = np.random.default_rng(1), 100.0
    days = [
        (rng.lognormal(np.log(value) - spread**2 / 2, spread, n) * (rng.random(n) < kept)).sum()
        for n in rng.poisson(orders, 20_000)
    ]
    one = Orders(revenue=orders * kept * value, value=value, spread=spread)
    assert np.mean(days) == pytest.approx(one.revenue, rel=0.02)
    assert np.var(days) == pytest.approx(one.variance, rel=0.05)


def test_several_budgets_are_more_even_than_each():
    one = Orders(1000.0, 100.0, 0.5)
    assert deviation([one, one]) == pytest.approx(deviation([Orders(2000.0, 100.0, 0.5)]))
    assert deviation([one, one]) < deviation([one])
    assert deviation([]) == 0.0


def test_more_budget_makes_days_more_even():
    curve = Curve(usual=100.0, expected=300.0, elasticity=0.7, deviation=0.2, slope_deviation=0.05, luck=0.3)
    assert curve.day_deviation(100.0) == pytest.approx(np.sqrt(np.log1p(0.3)))
    assert curve.day_deviation(200.0) < curve.day_deviation(100.0) < curve.day_deviation(50.0)
    assert curve.day_deviation(0.0) == 0.0
