"""When less spend would pay: at the point where the last unit returns what it has to."""

from __future__ import annotations

import pytest

from sampler.domain.curve_reasons import Curve
from sampler.domain.spending_less import in_words, marginal, spending_less


def curve(returns: float, elasticity: float = 0.5) -> Curve:
    """Returning so many times a usual budget of 100."""
    return Curve(usual=100.0, expected=100.0 * returns, elasticity=elasticity, deviation=0.2, slope_deviation=0.05)


@pytest.mark.parametrize(
    ("returns", "least_return", "floor", "after"),
    [
        (2.0, 1.0, 0.0, None),  # its last unit returns 1.00
        (1.8, 1.0, 0.0, 81.0),  # 100·0.9²
        (1.8, 0.5, 0.0, None),
        (1.0, 1.0, 0.0, 50.0),  # 25 would be best: not below half at once
        (1.0, 1.0, 70.0, 70.0),
        (0.1, 0.0, 0.0, None),
    ],
)
def test_a_budget_goes_to_where_its_last_unit_pays(returns, least_return, floor, after):
    less = spending_less([curve(returns)], [100.0], floor=floor, least_return=least_return)
    assert (less.budgets[0] if less else None) == pytest.approx(after)
    if less and after > 50 and not floor:
        assert marginal(curve(returns), after) == pytest.approx(least_return)


def test_what_pays_stays_and_the_saving_outweighs_what_is_lost():
    less = spending_less([curve(0.4), curve(5.0)], [100.0, 100.0])
    assert less.budgets == (50.0, 100.0)
    assert less.gained == pytest.approx(50 - 40 * (1 - 0.5**0.5))
    assert in_words(less, "EUR").startswith("Spending less would pay: 50.00 EUR a day lie below break-even")
    assert in_words(None, "EUR") == ""
