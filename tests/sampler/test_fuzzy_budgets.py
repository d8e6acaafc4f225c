from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler.domain.fuzzy_budgets import blurred

BOUND = st.tuples(st.integers(0, 10**12), st.integers(0, 10**9), st.integers(0, 10**9))
"""A budget, and how far below and above it its bounds lie."""


@st.composite
def plans(draw):
    slots = draw(st.lists(BOUND, max_size=60))
    budgets = [budget for budget, _, _ in slots]
    low = [max(budget - below, 0) for budget, below, _ in slots]
    high = [budget + above for budget, _, above in slots]
    return budgets, low, high, draw(st.floats(0, 0.5)), draw(st.integers(0, 2**32))


@given(plans())
def test_the_total_and_the_bounds_hold_and_no_budget_strays_further(plan):
    budgets, low, high, share, seed = plan
    after = blurred(budgets, low=low, high=high, share=share, seed=seed)
    assert sum(after) == sum(budgets)
    assert all(least <= one <= most for least, one, most in zip(low, after, high, strict=True))
    assert all(abs(one - budget) <= share * budget + 1e-6 * budget for one, budget in zip(after, budgets, strict=True))
    assert after == blurred(budgets, low=low, high=high, share=share, seed=seed)
    assert all(isinstance(one, int) for one in after)


@given(plans())
def test_a_share_of_nothing_moves_nothing(plan):
    budgets, low, high, _, seed = plan
    assert blurred(budgets, low=low, high=high, share=0.0, seed=seed) == budgets


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 10**6)), max_size=20),
    st.integers(0, 9),
)
def test_a_budget_outside_its_bounds_stays_and_the_total_holds(slots, seed):
    budgets = [one for one, _, _ in slots]
    low, high = [min(a, b) for _, a, b in slots], [max(a, b) for _, a, b in slots]
    after = blurred(budgets, low=low, high=high, share=0.1, seed=seed)
    assert sum(after) == sum(budgets)
    for budget, least, most, one in zip(budgets, low, high, after, strict=True):
        assert least <= one <= most if least <= budget <= most else one == budget


def test_it_blurs_and_each_seed_in_its_own_way():
    budgets = [10_000] * 50
    ways = [blurred(budgets, low=[0] * 50, high=[20_000] * 50, share=0.03, seed=seed) for seed in range(20)]
    assert len({tuple(way) for way in ways}) == 20
    moved = [abs(one - 10_000) for way in ways for one in way]
    assert max(moved) <= 300 and sum(moved) / len(moved) > 100


def test_the_first_is_blurred_no_less_than_the_last():
    ways = [blurred([10_000] * 3, low=[0] * 3, high=[20_000] * 3, share=0.1, seed=seed) for seed in range(3000)]
    means = [sum(way[place] for way in ways) / len(ways) for place in range(3)]
    assert means == pytest.approx([10_000] * 3, abs=40)


@pytest.mark.parametrize("wrong", [{"low": [1, 2]}, {"share": -0.1}, {"share": 1.0}, {"share": float("nan")}], ids=str)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError):
        blurred(**{"budgets": [100], "low": [0], "high": [200], "share": 0.1, "seed": 1} | wrong)
