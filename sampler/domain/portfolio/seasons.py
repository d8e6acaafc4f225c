"""Whether an account's clicks have lately converted better or worse than its ads' own pasts say: a season, a sale, a broken page."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
KEPT = 0.93
"""Of the weight of a day's arrivals after a day: two weeks count."""
PULL = 100.0
"""Conversions' worth of pull to 1: accounts as a whole are taken to stray by a tenth."""


def season(came: Array, expected: Array) -> Array:
    """(accounts,): the factor on conversions per click; `came` and `expected` (accounts,) are arrivals, late ones as they were due."""
    return np.clip((came + PULL) / (expected + PULL), 0.3, 3.0)


def unsure(expected: Array) -> Array:
    """(accounts,): the variance of the log of the season: Gamma's, after the arrivals that were expected."""
    return 1 / (expected + PULL)
