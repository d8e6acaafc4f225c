from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.domain.paths.people import joined
from attribution.domain.paths.sessions import sessions
from attribution.domain.touch_revenue import revenue_per_touch

TOUCH = st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 1000))


def ratios(touches, groups=3):
    group, person, revenue = (np.array(column) for column in zip(*touches, strict=True))
    return revenue_per_touch(group, person, revenue.astype(float), groups)


@given(st.lists(TOUCH, min_size=1, max_size=40))
def test_sums_are_divided_not_ratios_averaged(touches):
    found = ratios(touches)
    for group in range(3):
        own = [revenue for of, _, revenue in touches if of == group]
        assert found.touches[group] == len(own)
        assert found.revenue[group] == sum(own)
        assert found.ratio[group] == pytest.approx(sum(own) / max(len(own), 1))
    assert found.people.sum() == len({(of, who) for of, who, _ in touches if who}) + sum(
        not who for _, who, _ in touches
    )
    sure = ~np.isnan(found.low)
    assert (found.low[sure] <= found.ratio[sure] + 1e-9).all() and (found.ratio[sure] <= found.high[sure] + 1e-9).all()


def test_the_interval_holds_the_truth_four_times_out_of_five():
    """People with many touches who buy in one go: touches taken one by one would look far too sure."""
    rng = np.random.default_rng(3)
    held, naive = 0, 0
    for _ in range(400):
        people = 300
        touches = 1 + rng.poisson(3, people)
        revenue = np.where(rng.random(people) < 0.2, 40.0 * touches, 0.0)
        person = np.repeat(np.arange(1, people + 1), touches)
        each = np.repeat(revenue / touches, touches)
        found = revenue_per_touch(np.zeros(len(person), int), person, each, 1)
        alone = revenue_per_touch(np.zeros(len(person), int), np.arange(1, len(person) + 1), each, 1)
        held += found.low[0] <= 8.0 <= found.high[0]
        naive += alone.low[0] <= 8.0 <= alone.high[0]
    assert 0.74 <= held / 400 <= 0.86
    assert naive / 400 < 0.6


def test_one_person_alone_tells_no_interval():
    found = ratios([(0, 7, 100), (0, 7, 0)], groups=1)
    assert (found.ratio[0], found.people[0]) == (50, 1)
    assert np.isnan(found.low[0]) and np.isnan(found.high[0])


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([(1, 0, 0), (1, 0, 1700), (1, 0, 3400)], [0]),  # goes on from one touch to the next
        ([(1, 0, 0), (1, 0, 1801)], [0, 1]),
        ([(1, 0, 0), (1, 1, 10), (1, 0, 20)], [0, 1]),  # another channel between does not end it
        ([(1, 0, 20), (1, 0, 0)], [1]),  # told out of order
        ([(2, 0, 0), (1, 0, 0)], [1, 0]),
        ([(0, 0, 0), (0, 0, 1)], [0, 1]),  # nobody known
        ([], []),
    ],
)
def test_a_session_is_one_touch(rows, kept):
    person, source, at = (np.array([row[column] for row in rows], dtype=int) for column in range(3))
    assert sessions(person, source, at.astype(float)).tolist() == kept


@given(st.lists(st.lists(st.integers(-5, 5), min_size=1, max_size=3), max_size=12), st.randoms())
def test_who_belongs_together_does_not_depend_on_the_order(deals, random):
    shuffled = random.sample(deals, len(deals))
    one, other = joined(deals), joined(shuffled)
    assert [one.of(key) for key in range(-5, 6)] == [other.of(key) for key in range(-5, 6)]
    for keys in deals:
        assert len({one.of(key) for key in keys}) == 1
