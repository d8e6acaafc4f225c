"""What a person rejected is not proposed again for a week, unless something new is known."""

from __future__ import annotations

import pytest

from sampler.domain.budget_bounds import Bounds
from sampler.domain.curve_reasons import Curve
from sampler.domain.rejected_moves import RejectedMove, has_new_evidence, held

THEN = Curve(usual=100.0, expected=200.0, elasticity=0.7, deviation=0.2, slope_deviation=0.05)
RAISE, CUT = RejectedMove(raised=True, curve=THEN), RejectedMove(raised=False, curve=THEN)


@pytest.mark.parametrize(
    ("expected", "is_new"), [(200.0, False), (240.0, False), (245.0, True), (165.0, False), (160.0, True), (0.0, True)]
)
def test_evidence_is_new_from_a_standard_deviation_on(expected, is_new):
    assert has_new_evidence(RAISE, 100.0, expected) is is_new
    assert not has_new_evidence(RejectedMove(raised=True, curve=None), 100.0, expected)


@pytest.mark.parametrize(
    ("move", "total", "bound", "holds"),
    [
        (RAISE, 200, Bounds(70, 100), True),
        (CUT, 200, Bounds(100, 120), True),
        (None, 200, Bounds(70, 120), False),
        (RAISE, 235, Bounds(70, 120), False),  # the total could not be placed
        (CUT, 165, Bounds(70, 120), False),
    ],
)
def test_the_rejected_side_is_closed_while_the_total_can_be_placed(move, total, bound, holds):
    bounds, held_back = held([Bounds(70, 120), Bounds(70, 120)], [100, 100], [move, None], total)
    assert bounds[0] == bound
    assert held_back == [holds, False]
