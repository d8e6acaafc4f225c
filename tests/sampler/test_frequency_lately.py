"""How often an audience has seen an ad lately, from reports of single days."""

from __future__ import annotations

import numpy as np
import pytest

from sampler.domain.frequency_lately import frequency_lately, impressions_a_head

AUDIENCE, SHOWN = 100_000.0, 20_000.0
A_DAY = SHOWN / (AUDIENCE * (1 - np.exp(-SHOWN / AUDIENCE)))
KEPT = 0.5 ** (1 / 20)
UNKNOWN = np.nan


@pytest.mark.parametrize(
    ("days", "impressions", "frequency", "lately"),
    [
        ([0], [SHOWN], [A_DAY], [0.2]),
        ([0, 1, 2], [SHOWN] * 3, [A_DAY] * 3, [0.2, 0.2 * (1 + KEPT), 0.2 * (1 + KEPT + KEPT**2)]),
        ([0, 20], [SHOWN, SHOWN], [A_DAY] * 2, [0.2, 0.3]),
        ([0, 1], [SHOWN] * 2, [A_DAY, UNKNOWN], [0.2, 0.2 * (1 + KEPT)]),
        ([0, 1], [SHOWN] * 2, [UNKNOWN, A_DAY], [UNKNOWN, 0.2 * (1 + KEPT)]),
        ([0, 1], [SHOWN] * 2, [UNKNOWN] * 2, [UNKNOWN] * 2),
        ([0, 1], [SHOWN] * 2, [1.0, 1.0], [0, 0]),  # nobody saw it twice
        ([0], [SHOWN], [0.9], [0]),  # more people than impressions: as if once each
        ([0], [0], [UNKNOWN], [UNKNOWN]),
        ([], [], [], []),
    ],
)
def test_what_is_remembered_over_the_audience_that_reach_tells_of(days, impressions, frequency, lately):
    found = frequency_lately([7] * len(days), days, impressions, frequency)
    assert found == pytest.approx(lately, rel=1e-6, abs=1e-9, nan_ok=True)


def test_ads_are_counted_apart_in_any_order():
    days = np.repeat(np.arange(730_000, 730_040), 2)
    ads, shown = np.tile([5, 3], 40), np.tile([20_000.0, 3_000.0], 40)
    often = np.tile([A_DAY, 1.4], 40)
    both = frequency_lately(ads, days, shown, often)
    mixed = np.random.default_rng(1).permutation(80)
    assert frequency_lately(ads[mixed], days[mixed], shown[mixed], often[mixed]) == pytest.approx(both[mixed])
    alone = frequency_lately(ads[::2], days[::2], shown[::2], often[::2])
    assert both[::2] == pytest.approx(alone)
    assert alone[-1] == pytest.approx(0.2 * (1 - KEPT**40) / (1 - KEPT))


def test_impressions_a_head_are_those_that_make_the_days_frequency():
    heads = np.array([1e-6, 1e-3, 0.1, 1.0, 5.0, 40.0])
    assert impressions_a_head(heads / -np.expm1(-heads)) == pytest.approx(heads, rel=1e-6)
