from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler.domain.belief import NOTHING, Belief, Outcome
from sampler.domain.rebuild import FIELDS, rebuilt_beliefs

DAY = 739_000
amounts = st.floats(0, 1e5)
outcomes = st.builds(
    Outcome,
    impressions=st.integers(0, 10**6),
    clicks=st.integers(0, 10**4),
    spend=amounts,
    conversions=st.integers(0, 50),
    revenue=st.floats(-1e4, 1e6),
)
histories = st.lists(st.tuples(st.integers(0, 60), outcomes), max_size=30, unique_by=lambda row: row[0])


def close(one: Belief, other: Belief, *, largest: float = 1.0) -> bool:
    """Equal to 1e-9 of the `largest` sum that was ever in it."""
    return one.as_of == other.as_of and np.allclose(astuple(one), astuple(other), rtol=1e-9, atol=1e-9 * largest)


def replayed(history, as_of: int) -> Belief:
    belief = Belief(as_of=DAY)
    for offset, outcome in history:
        belief = belief.updated(DAY + offset, outcome)
    return belief.decayed(as_of)


@given(histories)
def test_a_rebuild_equals_the_updates_in_any_order(history):
    day = np.array([DAY + offset for offset, _ in history], dtype=np.int64)
    figures = {name: np.array([getattr(outcome, name) for _, outcome in history], dtype=float) for name in FIELDS}
    rebuilt = rebuilt_beliefs(np.full(len(day), 7), day, figures, as_of=DAY + 60).get(7, Belief(as_of=DAY + 60))
    largest = max((float(np.abs(values).sum()) for values in figures.values()), default=1.0)
    assert close(rebuilt, replayed(history, DAY + 60), largest=largest)
    assert close(rebuilt, replayed(history[::-1], DAY + 60), largest=largest)


@given(histories, outcomes)
def test_a_day_taken_back_leaves_nothing(history, outcome):
    belief = replayed(history, DAY + 60)
    more = belief.updated(DAY + 40, outcome)
    assert close(more.updated(DAY + 40, NOTHING, replacing=outcome), belief, largest=max(astuple(more)))


def test_a_refund_takes_back_exactly_its_revenue():
    sold, refunded = Outcome(1000, 50, 20.0, 2, 300.0), Outcome(1000, 50, 20.0, 1, 100.0)
    at_once = Belief(DAY).updated(DAY, refunded).decayed(DAY + 9)
    later = Belief(DAY).updated(DAY, sold).decayed(DAY + 9).updated(DAY, refunded, replacing=sold)
    assert close(at_once, later)


def test_a_half_life_halves():
    belief = Belief(DAY).updated(DAY, Outcome(1000, 50, 20.0, 2, 300.0))
    assert belief.decayed(DAY + 14).revenue == pytest.approx(150.0)
    assert belief.decayed(DAY + 3).recent_clicks == pytest.approx(25.0)


def test_a_belief_does_not_go_back_in_time():
    with pytest.raises(ValueError, match="cannot be taken back"):
        Belief(DAY).decayed(DAY - 1)


def test_days_after_the_belief_are_left_out():
    figures = {name: np.ones(2) for name in FIELDS}
    assert rebuilt_beliefs(np.array([1, 1]), np.array([DAY, DAY + 1]), figures, as_of=DAY)[1].clicks == 1.0


def test_a_figure_that_is_no_number_is_named():
    figures = {name: np.ones(2) for name in FIELDS} | {"spend": np.array([1.0, np.nan])}
    with pytest.raises(ValueError, match="spend: row 1"):
        rebuilt_beliefs(np.array([1, 1]), np.array([DAY, DAY]), figures, as_of=DAY)


def test_a_stored_belief_is_restored():
    belief = Belief(DAY).updated(DAY, Outcome(1000, 50, 20.0, 2, 300.0))
    assert Belief(**belief.state()) == belief
