"""How likely each budget is to be the one whose next unit returns most."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest

from sampler.domain.best_chance import chances_of_best


def test_of_two_it_is_the_normal_probability_of_their_difference():
    means, spreads = [1.2, 1.0], [0.3, 0.4]
    medians = [np.log(mean) - spread**2 / 2 for mean, spread in zip(means, spreads, strict=True)]
    truth = NormalDist().cdf((medians[0] - medians[1]) / np.hypot(*spreads))
    assert chances_of_best(means, spreads, seed=1)[0] == pytest.approx(
        truth, abs=4 * np.sqrt(truth * (1 - truth) / 2_000)
    )


@pytest.mark.parametrize(
    ("means", "spreads", "told"),
    [
        ([2.0, 1.0, 1.0], [0.0, 0.0, 0.0], [1, 0, 0]),
        ([0.0, 1.0], [9.0, 0.1], [0, 1]),
        ([0.0, 0.0], [0.1, 0.1], [0.5, 0.5]),
        ([3.0], [0.5], [1]),
    ],
)
def test_what_is_sure_is_told_so(means, spreads, told):
    assert chances_of_best(means, spreads, seed=1) == told


def test_chances_of_many_sum_to_one():
    rng = np.random.default_rng(2)
    assert sum(chances_of_best(rng.lognormal(size=3_000), np.full(3_000, 0.4), seed=3)) == pytest.approx(1)
