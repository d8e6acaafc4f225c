from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from sampler.domain.budget_bounds import Holder, StepLimits, all_bounds, bounds_of
from sampler.domain.budget_plan import TOO_LITTLE, TOO_MUCH, place

budgets = st.integers(min_value=1, max_value=2_000_000)
hostile_scores = st.floats(allow_nan=True, allow_infinity=True)
scores = st.floats(min_value=0.01, max_value=50.0)


def holders(score: st.SearchStrategy) -> st.SearchStrategy:
    pairs = st.lists(st.tuples(budgets, score), min_size=1, max_size=12)
    return pairs.map(lambda drawn: [Holder(key, current, value) for key, (current, value) in enumerate(drawn)])


limits = st.builds(
    StepLimits,
    step_up=st.floats(0, 1),
    step_down=st.floats(0, 0.99),
    floor=st.integers(0, 1_000_000),
    ceiling=st.none() | st.integers(0, 3_000_000),
)
STEP = StepLimits(0.2, 0.3)


def placed(group, given_limits=STEP, total=None):
    return place(sum(h.current for h in group) if total is None else total, group, all_bounds(group, given_limits))


@given(holders(hostile_scores), limits, st.integers(0, 30_000_000))
def test_every_unit_is_placed_inside_the_bounds_or_the_reason_is_said(group, given_limits, total):
    bounds = all_bounds(group, given_limits)
    placement = place(total, group, bounds)
    assert all(
        isinstance(budget, int) and b.low <= budget <= b.high
        for budget, b in zip(placement.budgets, bounds, strict=True)
    )
    if placement.reason:
        assert placement.budgets in ([b.low for b in bounds], [b.high for b in bounds])
        assert sum(placement.budgets) != total
    else:
        assert sum(placement.budgets) == total


@given(budgets, limits)
def test_no_bound_lies_further_than_a_step(current, given_limits):
    bounds = bounds_of(Holder(0, current, 1.0), given_limits)
    assert (
        current * (1 - given_limits.step_down) - 1
        <= bounds.low
        <= bounds.high
        <= current * (1 + given_limits.step_up) + 1
    )
    if not bounds.broken:
        assert bounds.low >= given_limits.floor or bounds.low == bounds.high


@given(holders(scores), st.data())
def test_a_better_score_never_costs_budget(group, data):
    i = data.draw(st.integers(0, len(group) - 1))
    better = [*group[:i], replace(group[i], score=group[i].score * data.draw(st.floats(1.01, 5))), *group[i + 1 :]]
    assert placed(better).budgets[i] >= placed(group).budgets[i] - 1  # a unit: rounding


@given(holders(scores), st.randoms(use_true_random=False))
def test_the_order_of_holders_does_not_matter(group, random):
    shuffled = random.sample(group, len(group))
    by_key = dict(zip((h.key for h in shuffled), placed(shuffled).budgets, strict=True))
    assert [by_key[h.key] for h in group] == placed(group).budgets


def test_money_moves_from_the_weak_to_the_strong_by_a_step_at_most():
    group = [Holder(1, 10_000, 4.0), Holder(2, 10_000, 2.0), Holder(3, 10_000, 0.5)]
    assert placed(group).budgets == [12_000, 11_000, 7_000]


def test_equal_returns_stay_as_they_are():
    assert placed([Holder(1, 5_000, 2.0), Holder(2, 20_000, 2.0)]).budgets == [5_000, 20_000]


def test_a_total_out_of_reach_gives_the_nearest_and_says_why():
    group = [Holder(1, 10_000, 1.0), Holder(2, 10_000, 2.0)]
    up, down = placed(group, total=40_000), placed(group, total=1_000)
    assert (up.budgets, down.budgets) == ([12_000, 12_000], [7_000, 7_000])
    assert (up.reason, down.reason) == (TOO_MUCH, TOO_LITTLE)


def test_a_floor_beyond_a_step_is_approached():
    bounds = bounds_of(Holder(1, 100, 1.0), StepLimits(0.2, 0.3, floor=500))
    assert (bounds.low, bounds.high) == (120, 120)
    assert bounds.broken
