"""How well an account's clicks of each day convert beside what its ads' own pasts say: a sale, a season, a broken page.

What moves all ads of an account together is the account's, so that no ad's own rate learns it and none has to unlearn it afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio.special import digamma_and_trigamma

Array = NDArray[np.float64]
KEPT = 0.97
"""What a day leaves of the log of demand: without news it returns to what is usual."""
STEP = 0.025
"""A day's usual move of the log of demand, and with it how restless days are."""
JUMP, JUMP_VARIANCE = 4.0, 1.0
"""Beyond so many deviations a day has broken with those before, and the variance that it gets for it."""
MOST = 2.5


@dataclass(frozen=True)
class Demand:
    """`log` (accounts, days) for each click day, oldest first; `next_log` and `next_variance` (accounts,) of the day to come."""

    log: Array
    next_log: Array
    next_variance: Array


def followed(came: Array, promised: Array) -> Demand:
    """Demand of each click day, filtered and then smoothed over days (Kalman 1960; Rauch, Tung & Striebel 1965), counts by a log-Gamma.

    `came` (accounts, days): conversions so far of a day's clicks, oldest first; `promised`: those due by now at usual demand.
    """
    accounts, days = came.shape
    mean, variance = np.zeros(accounts), np.full(accounts, STEP**2 / (1 - KEPT**2))
    logs, before, predicted, spread = (np.zeros((days, accounts)) for _ in range(4))
    for day in range(days):
        mean, variance = KEPT * mean, KEPT**2 * variance + STEP**2
        due = promised[:, day] * np.exp(mean)
        unlikely = np.abs(came[:, day] - due) > JUMP * np.sqrt(due + due**2 * variance + 1.0)
        variance = variance + JUMP_VARIANCE * unlikely
        predicted[day], spread[day] = mean, variance
        shape = 1.0 / variance
        start, _ = digamma_and_trigamma(shape)
        after, variance = digamma_and_trigamma(shape + came[:, day])
        mean = np.clip(after - np.log(np.exp(start - mean) + promised[:, day]), -MOST, MOST)
        logs[day], before[day] = mean, variance
    smooth = logs.copy()
    for day in range(days - 2, -1, -1):
        gain = before[day] * KEPT / spread[day + 1]
        smooth[day] += gain * (smooth[day + 1] - predicted[day + 1])
    usual = _usual(smooth.T, promised)
    return Demand(smooth.T - usual[:, None], KEPT * mean - usual, KEPT**2 * variance + STEP**2)


def _usual(log: Array, promised: Array) -> Array:
    """The log of the mean demand of all these days, (accounts,): what lasts belongs to the ads' own rates, and is not counted twice."""
    due = promised.sum(axis=1)
    return np.where(
        due > 0, np.log(np.maximum((np.exp(log) * promised).sum(axis=1), 1e-12) / np.maximum(due, 1e-12)), 0.0
    )
