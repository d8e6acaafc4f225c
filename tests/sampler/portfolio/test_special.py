from __future__ import annotations

import math

import numpy as np
import pytest

from sampler.domain.portfolio.draws import normal_draws
from sampler.domain.portfolio.special import digamma_and_trigamma

EULER = 0.5772156649015329


@pytest.mark.parametrize(
    "x, digamma, trigamma",
    [
        (1.0, -EULER, math.pi**2 / 6),
        (0.5, -EULER - 2 * math.log(2), math.pi**2 / 2),
        (2.0, 1 - EULER, math.pi**2 / 6 - 1),
        (1e9, math.log(1e9), 1e-9),
    ],
)
def test_digamma_and_trigamma(x: float, digamma: float, trigamma: float) -> None:
    found = digamma_and_trigamma(np.array([x]))
    assert found[0][0] == pytest.approx(digamma, rel=1e-8)
    assert found[1][0] == pytest.approx(trigamma, rel=1e-8)


def test_draws_are_standard_normal() -> None:
    draws = normal_draws(7, 3, np.arange(200_000))
    assert abs(draws.mean()) < 0.01
    assert draws.std() == pytest.approx(1, abs=0.01)
    assert np.mean(np.abs(draws) < 1.281552) == pytest.approx(0.8, abs=0.005)


def test_a_draw_belongs_to_seed_day_and_ad() -> None:
    ads = np.array([5, -3, 2**62])
    assert (normal_draws(1, 2, ads)[::-1] == normal_draws(1, 2, ads[::-1])).all()
    for seed, day in ((1, 3), (2, 2), (-1, 2), (1, -2)):
        assert (normal_draws(seed, day, ads) != normal_draws(1, 2, ads)).all()
    later = np.corrcoef([normal_draws(1, day, np.arange(5000)) for day in range(3)])
    assert np.abs(later - np.eye(3)).max() < 0.05
