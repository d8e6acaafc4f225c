"""From click to booked order, in whole days."""

from __future__ import annotations

import math

import numpy as np

LONGEST = 60


def delay_shares(family: str, median: float, sigma: float) -> np.ndarray:
    """Share of orders booked 0, 1, … 59 days after the click; nothing is booked later. `same day`: as in files by click day."""
    if family == "same day":
        return np.eye(LONGEST)[0]
    edges = np.arange(1, LONGEST + 1, dtype=float)
    reached = _lognormal(edges, median, sigma) if family == "lognormal" else _two_part(edges, median)
    return np.diff(reached, prepend=0.0) / reached[-1]


def _lognormal(edges: np.ndarray, median: float, sigma: float) -> np.ndarray:
    return np.array([0.5 * (1 + math.erf(math.log(edge / median) / (sigma * math.sqrt(2)))) for edge in edges])


def _two_part(edges: np.ndarray, median: float) -> np.ndarray:
    """Six in ten decide at once (Weibull, shape .7), the others think it over (gamma, shape 3)."""
    fast = 1 - np.exp(-((edges / (0.5 * median)) ** 0.7))
    slow = edges / (0.8 * median)
    return 0.6 * fast + 0.4 * (1 - np.exp(-slow) * (1 + slow + slow**2 / 2))
