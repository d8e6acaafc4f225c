from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler.domain.trifles import without_trifles

SLOT = st.tuples(st.integers(1, 10**6), st.integers(-300_000, 300_000), st.integers(0, 10**5), st.integers(0, 10**5))
"""A budget, its move, and how far its bounds lie around where it moves to."""


def split(slots):
    before = [one for one, *_ in slots]
    after = [max(one + move, 0) for one, move, *_ in slots]
    low = [max(one - below, 0) for one, (_, _, below, _) in zip(after, slots, strict=True)]
    high = [one + above for one, (_, _, _, above) in zip(after, slots, strict=True)]
    return before, after, {"low": low, "high": high, "money": 100, "keys": range(len(slots))}


@given(st.lists(SLOT, max_size=30))
def test_no_trifle_is_left_and_the_sum_is_off_by_no_more_than_they_were(slots):
    before, after, bounds = split(slots)
    held = without_trifles(before, after, **bounds)
    moves = [one - was for one, was in zip(held, before, strict=True)]
    assert not any(0 < abs(move) < min(0.01 * was, 100) for move, was in zip(moves, before, strict=True))
    assert all(
        one == was or least <= one <= most
        for one, was, least, most in zip(held, before, bounds["low"], bounds["high"], strict=True)
    )
    assert abs(sum(held) - sum(after)) <= 100 * len(slots)


@given(st.lists(SLOT, min_size=3, max_size=30))
def test_where_there_is_room_not_a_unit_is_lost(slots):
    before, after, bounds = split(slots)
    roomy = bounds | {"low": [0] * len(slots), "high": [10**9] * len(slots)}
    mover = [i for i, (was, one) in enumerate(zip(before, after, strict=True)) if abs(one - was) > 100 * len(slots)]
    if mover:
        assert sum(without_trifles(before, after, **roomy)) == sum(after)


@pytest.mark.parametrize(
    ("before", "after", "held"),
    [
        ([10_000, 20_000, 5_000], [10_060, 19_000, 5_940], [10_000, 19_000, 6_000]),  # the raise takes the trifle over
        ([10_000, 20_000, 5_000], [10_000, 20_000, 5_000], [10_000, 20_000, 5_000]),
        ([10_000, 10_000, 10_000], [10_090, 10_090, 10_090], [10_270, 10_000, 10_000]),  # three trifles are one change
        ([10_000, 10_000], [10_030, 9_970], [10_000, 10_000]),
        ([10_000], [10_030], [10_000]),  # too little altogether
        ([50, 10_000], [51, 9_000], [51, 9_000]),  # 1 % of a small budget is no trifle
    ],
)
def test_what_becomes_of_trifles(before, after, held):
    bounds = {"low": [0] * len(before), "high": [10**6] * len(before), "money": 100, "keys": range(len(before))}
    assert without_trifles(before, after, **bounds) == held
