"""What is known from elsewhere: within its limits, told, and switched off at will."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from math import exp, inf, log, nan

import pytest

from sampler.domain.boosts import (
    CROSS_LEARNER,
    PREDICTION,
    SIMILAR_WINNER,
    Boost,
    of_holder,
    refuse_bad_boosts,
    together,
)

CROSS = Boost(1, CROSS_LEARNER, 1.12, "Seen in four accounts.", accounts=4, roas=2.6)
WINNER = Boost(1, SIMILAR_WINNER, 1.3, "Looks like “Kitchen 2”.")


@pytest.mark.parametrize(
    ("boost", "refused"),
    [
        (CROSS, None),
        (replace(CROSS, factor=1.21), "between 1.05 and 1.20"),
        (replace(CROSS, factor=1.04), "between 1.05 and 1.20"),
        (replace(CROSS, accounts=2), "takes 3"),
        (replace(CROSS, roas=1.9), "takes 2×"),
        (WINNER, None),
        (replace(WINNER, factor=1.31), "between 1.00 and 1.30"),
        (replace(WINNER, factor=nan), "not between"),
        (replace(WINNER, factor=inf), "not between"),
        (replace(WINNER, sentence=" "), "no reason"),
        (replace(WINNER, kind="hunch"), "none of"),
        (Boost(1, PREDICTION, 0.8, "Predicted to sell less."), None),
        (Boost(1, PREDICTION, 0.7, "Predicted to sell less."), "not between"),
    ],
)
def test_a_boost_stays_within_what_its_kind_allows(boost, refused):
    with pytest.raises(ValueError, match=refused) if refused else nullcontext():
        refuse_bad_boosts([CROSS, boost])


def test_boosts_multiply_up_to_a_half():
    assert together([]) == 0
    assert together([CROSS, replace(WINNER, factor=1.1)]) == pytest.approx(log(1.12 * 1.1))
    assert together([CROSS, WINNER, Boost(1, PREDICTION, 1.3, "x")]) == pytest.approx(log(1.5))


@pytest.mark.parametrize(
    ("shares", "factor"),
    [
        ([], 1.0),
        ([(0.0, log(1.3))], 1.3),
        ([(0.0, log(1.2)), (0.0, 0.0)], 1.1),
        ([(75.0, 0.0), (25.0, log(1.2))], 1.05),
    ],
)
def test_a_budgets_boost_is_that_of_where_its_money_goes(shares, factor):
    assert exp(of_holder(shares)) == pytest.approx(factor)
