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
STEPS = (0.005, 0.015, 0.03, 0.06)
"""How far the log of demand may usually move in a day: which of them it is, is learnt from all accounts."""
START = (0.15, 0.3, 0.4, 0.15)
JUMP, JUMP_VARIANCE, MOST_VARIANCE = 4.0, 1.0, 2.0
"""Beyond so many deviations a day has broken with those before, and the variance that it gets for it."""
WORST = 8.0
"""The log likelihood that a single day may take from a step: a broken day tells nothing of usual ones."""
MOST = 2.5


@dataclass(frozen=True)
class Demand:
    """`log` (accounts, days) for each click day, oldest first; `next_log` and `next_variance` (accounts,) of the day to come."""

    log: Array
    next_log: Array
    next_variance: Array


def followed(came: Array, promised: Array) -> Demand:
    """Demand of each click day, the mean over how restless it may be (Bayesian model averaging; Hoeting et al. 1999).

    `came` (accounts, days): conversions so far of a day's clicks, oldest first; `promised`: those due by now at usual demand.
    """
    found = [_filtered(came, promised, step) for step in STEPS]
    likely = np.array([likelihood for _, likelihood in found]) + np.log(START)
    belief = np.exp(likely - likely.max())
    belief /= belief.sum()
    log, next_log = (np.tensordot(belief, [getattr(one, name) for one, _ in found], 1) for name in ("log", "next_log"))
    variance = sum(
        part * (one.next_variance + (one.next_log - next_log) ** 2)
        for part, (one, _) in zip(belief, found, strict=True)
    )
    return Demand(log, next_log, variance)


def _filtered(came: Array, promised: Array, step: float) -> tuple[Demand, float]:
    """Filtered and then smoothed over days (Kalman 1960; Rauch, Tung & Striebel 1965), counts by a log-Gamma; and how likely they were."""
    accounts, days = came.shape
    mean, variance = np.zeros(accounts), np.full(accounts, step**2 / (1 - KEPT**2))
    logs, before, predicted, spread = (np.zeros((days, accounts)) for _ in range(4))
    likelihood = 0.0
    for day in range(days):
        mean, variance = KEPT * mean, KEPT**2 * variance + step**2
        due = promised[:, day] * np.exp(mean)
        scatter = due + due**2 * variance + 1e-9
        surprise = (came[:, day] - due) ** 2 / scatter
        likelihood += float(np.maximum(-(surprise + np.log(scatter)) / 2, -WORST - np.log(scatter) / 2)[due > 0].sum())
        unlikely = np.abs(came[:, day] - due) > JUMP * np.sqrt(scatter + 1.0)
        variance = np.minimum(variance + JUMP_VARIANCE * unlikely, MOST_VARIANCE)
        predicted[day], spread[day] = mean, variance
        shape = 1.0 / variance + 0.5  # of the Gamma whose logarithm varies so
        start, _ = digamma_and_trigamma(shape)
        after, variance = digamma_and_trigamma(shape + came[:, day])
        mean = np.clip(after - np.log(np.exp(start - mean) + promised[:, day]), -MOST, MOST)
        variance = np.minimum(variance, spread[day])
        logs[day], before[day] = mean, variance
    smooth = logs.copy()
    for day in range(days - 2, -1, -1):
        gain = before[day] * KEPT / spread[day + 1]
        smooth[day] += gain * (smooth[day + 1] - predicted[day + 1])
    smooth = np.clip(smooth, -MOST, MOST)
    usual = _usual(smooth.T, promised)
    return Demand(smooth.T - usual[:, None], KEPT * mean - usual, KEPT**2 * variance + step**2), likelihood


def _usual(log: Array, promised: Array) -> Array:
    """The log of the mean demand of all these days, (accounts,): what lasts belongs to the ads' own rates, and is not counted twice."""
    due = promised.sum(axis=1)
    return np.where(
        due > 0, np.log(np.maximum((np.exp(log) * promised).sum(axis=1), 1e-12) / np.maximum(due, 1e-12)), 0.0
    )
