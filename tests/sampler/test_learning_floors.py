"""New budgets are not cut before they were learnt."""

from __future__ import annotations

import pytest

from sampler.domain.budget_bounds import Bounds
from sampler.domain.learning_floors import spared

STEP = Bounds(70, 120)


@pytest.mark.parametrize(
    ("bounds", "learning", "total", "low"),
    [
        ([STEP, STEP], [False, True], 200, [70, 100]),
        ([STEP, STEP], [False, False], 200, [70, 70]),
        ([STEP, STEP], [True, True], 200, [100, 100]),
        ([STEP, STEP], [False, True], 170, [70, 100]),  # just fits
        ([STEP, STEP], [False, True], 160, [70, 90]),  # the total wins
        ([STEP, STEP], [True, True], 171, [85, 85]),  # and each gives way alike
        ([STEP, STEP], [True, True], 140, [70, 70]),
        ([STEP, STEP], [True, True], 0, [70, 70]),
        ([Bounds(110, 120), STEP], [True, False], 200, [110, 70]),  # a floor above today's budget
        ([Bounds(70, 80), STEP], [True, False], 200, [80, 70]),  # a ceiling below it
        ([], [], 100, []),
    ],
)
def test_what_is_learning_keeps_its_budget_as_far_as_the_total_allows(bounds, learning, total, low):
    kept = spared(bounds, [100] * len(bounds), learning, total)
    assert [bound.low for bound in kept] == low
    assert [bound.high for bound in kept] == [bound.high for bound in bounds]
