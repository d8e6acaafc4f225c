from __future__ import annotations

import pytest

from sampler.domain.share_interval import share_interval


@pytest.mark.parametrize(
    ("events", "trials", "interval"),
    [(0, 0, (0, 1)), (0, 20, (0, 0.1611)), (5, 100, (0.0215, 0.1118)), (50, 100, (0.4038, 0.5962)), (20, 20, (0.8389, 1))],
)  # fmt: skip
def test_wilsons_interval(events, trials, interval):
    assert share_interval(events, trials) == pytest.approx(interval, abs=1e-4)
