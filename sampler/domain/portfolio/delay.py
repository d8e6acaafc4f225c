"""How long conversions take: the share that has come by each age of a click, per account, without assuming a shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
PULL = 5.0
"""Conversions' worth of pull of an account to all accounts, and of all accounts to the start."""
MEDIAN_START, STEEPNESS_START = 6.0, 1.5


def arrival_start(horizon: int) -> Array:
    """The share of conversions arriving at each age 0 … horizon before any was seen: log-logistic, median 6 days. Sums to one."""
    ages = np.arange(1, horizon + 2)
    reached = 1.0 / (1.0 + (ages / MEDIAN_START) ** -STEEPNESS_START)
    share = np.diff(np.concatenate([[0.0], reached]))
    return share / share.sum()


def exposure_by_age(expected: Array, gone: Array, forget: float) -> Array:
    """For each age, the conversions expected in the end of clicks that have reached it: what arrivals at that age are divided by.

    `expected` (accounts, ages): conversions expected in the end of the clicks that are `age` days old today; `gone` (accounts,): the
    same of all older ones, forgetting. The sum for age d is Σ over ages a >= d of forget^(a-d)·expected[a], as arrivals forget too.
    """
    exposure = np.empty_like(expected)
    carried = gone
    for age in range(expected.shape[1] - 1, -1, -1):
        carried = expected[:, age] + forget * carried
        exposure[:, age] = carried
    return exposure


def arrived_by_age(arrivals: Array, exposure: Array, start: Array) -> Array:
    """(accounts, ages): the share of an account's conversions that has come by each age; 1 at the last.

    Arrivals at age d over what clicks of at least that age promise are free of the youth of clicks (Kaplan & Meier 1958 for counts; for
    ads Badanidiyuru et al. 2021, arXiv 2101.02284). Accounts are pulled to all accounts, all accounts to `start` (ages,).
    """
    everywhere = (arrivals.sum(axis=0) + PULL * start) / (exposure.sum(axis=0) + PULL)
    everywhere /= everywhere.sum()
    rate = (arrivals + PULL * everywhere) / (exposure + PULL)
    reached = np.cumsum(rate, axis=1)
    return reached / reached[:, -1:]


def share_unsure(ripe: Array, expected: Array, arrivals: Array) -> Array:
    """(accounts,): the variance of the log of the share of conversions taken to have come, (1 - F)/(F·n) for F seen in n arrivals.

    `ripe` are the conversions expected by now, `expected` those expected in the end, `arrivals` those seen; all (accounts,).
    """
    share = np.clip(ripe / np.maximum(expected, 1e-9), 0.05, 1.0)
    return np.where(expected > 0, (1 - share) / (share * (arrivals + PULL)), 0.0)
