"""What a plan's moves are worth, and how few of them bring most of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler.domain.curve_reasons import Curve, CurveCase
from sampler.domain.plan_gain import in_words, plan_gain

money = st.floats(1, 1e4)


def case(before: float, after: float, returns: float) -> CurveCase:
    curve = Curve(usual=before, expected=returns * before, elasticity=0.6, deviation=0.2, slope_deviation=0.05)
    rest = dict.fromkeys(
        ("kept_for_later", "price", "account_return", "drawn", "own_weight", "fatigue", "weekday", "boost"), 1.0
    )
    return CurveCase("EUR", before, after, curve, clicks=100, conversions=5, **rest)


@given(st.lists(st.tuples(money, st.floats(0.8, 1.2), st.floats(0.1, 20)), min_size=1, max_size=8))
def test_no_move_is_worth_less_than_nothing_and_few_are_enough(moves):
    gain = plan_gain([case(before, before * step, returns) for before, step, returns in moves])
    assert min(gain.of) >= 0
    ranked = sorted(gain.of, reverse=True)
    assert sum(ranked[: gain.few]) >= 0.9 * gain.total - 1e-9
    assert sum(ranked[: max(gain.few - 1, 0)]) < 0.9 * gain.total or gain.total == 0


def test_gains_sum_to_what_the_plan_adds_where_its_total_stays():
    cases = [case(100, 120, 4.0), case(100, 80, 1.0), case(100, 100, 9.0)]
    gain = plan_gain(cases)
    added = sum(one.curve.revenue(one.after) - one.curve.revenue(one.before) for one in cases)
    assert gain.total == pytest.approx(added)
    assert gain.of[2] == 0


def test_the_few_that_matter_are_named():
    cases = [case(1000, 1200, 6.0), case(1000, 800, 1.0), case(10, 11, 3.0), case(10, 9, 2.5)]
    assert in_words(plan_gain(cases), "EUR", changes=4).startswith("2 of the 4 changes bring 90 % of the ")
    assert in_words(plan_gain(cases[:1]), "EUR", changes=1) == ""
