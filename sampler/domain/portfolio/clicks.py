"""How many clicks an ad's spend buys: a curve per ad that follows the ad (Kalman 1960, on the logarithm of clicks).

    log clicks = level + slope·(log spend - pivot) - bend·slope(1-slope)/2·(log spend - pivot)² - wear·frequency + noise

`pivot` is the ad's own usual log spend, so that the curve is a tangent there, whatever the curve of the platform looks like.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio.special import digamma_and_trigamma

Array = NDArray[np.float64]

LEVEL, SLOPE, WEAR = 0, 1, 2
SLOPE_START, SLOPE_SPREAD = 0.85, 0.08
WEAR_START, WEAR_SPREAD = 0.10, 0.06
SMALLEST_SPEND = 1e-3
MOST_FREQUENCY, KINK = 12.0, 2.0
PIVOT_SPEED = 0.3
BEND_SPREAD = 0.12
"""How far a slope may be from the bent one after an e-fold of spend."""


@dataclass(frozen=True)
class Curves:
    """`state` (ads, 3): level, slope, wear. `spread` (ads, 3, 3): their covariance."""

    state: Array
    spread: Array


@dataclass(frozen=True)
class Surprise:
    """What the day's clicks said, (ads,): by how much they moved the day's log clicks, whose variance was `before` and is `after`."""

    moved: Array
    before: Array
    after: Array
    told: Array
    """The part of the variance that such a day was expected to take away, 0 to 1: `moved` is that part of the log error."""

    @property
    def standardised(self) -> Array:
        """Mean 0 and variance 1 where all is as expected; within ±4."""
        return np.clip(self.moved / np.sqrt(np.maximum(self.before * self.told, 1e-12)), -4, 4)


def new_curves(level: Array, level_variance: Array, slope: float, wear: float) -> Curves:
    count = len(level)
    spread = np.zeros((count, 3, 3))
    spread[:, LEVEL, LEVEL] = level_variance
    spread[:, SLOPE, SLOPE] = SLOPE_SPREAD**2
    spread[:, WEAR, WEAR] = WEAR_SPREAD**2
    return Curves(np.stack([level, np.full(count, slope), np.full(count, wear)], axis=1), spread)


def design(log_spend_over_pivot: Array, frequency: Array) -> Array:
    """(ads, 3): what level, slope and wear are multiplied with."""
    return np.stack([np.ones(len(frequency)), log_spend_over_pivot, -weariness(frequency)], axis=1)


def weariness(frequency: Array) -> Array:
    """frequency²/(frequency + 2): the first views hardly tire, later ones do one by one."""
    frequency = np.minimum(frequency, MOST_FREQUENCY)
    return frequency**2 / (frequency + KINK)


def wearing(frequency: Array) -> Array:
    """The derivative of `weariness`, 0 to 1."""
    frequency = np.minimum(frequency, MOST_FREQUENCY)
    return frequency * (frequency + 2 * KINK) / (frequency + KINK) ** 2


def drifted(curves: Curves, days: Array, level_drift: float, slope_drift: float) -> Curves:
    """The same curves `days` later, known less well."""
    spread = curves.spread.copy()
    spread[:, LEVEL, LEVEL] += level_drift**2 * days
    spread[:, SLOPE, SLOPE] += slope_drift**2 * days
    return Curves(curves.state, spread)


def moved_pivot(curves: Curves, shift: Array, bend: float) -> Curves:
    """The same curves around a pivot that is `shift` higher."""
    state, slope = curves.state.copy(), curves.state[:, SLOPE]
    bent = bending(slope, bend)
    state[:, LEVEL] += slope * shift - bent / 2 * np.clip(shift, -1, 1) ** 2
    state[:, SLOPE] -= bent * np.clip(shift, -1, 1)
    spread = curves.spread.copy()
    spread[:, LEVEL, :] += shift[:, None] * spread[:, SLOPE, :]
    spread[:, :, LEVEL] += shift[:, None] * spread[:, :, SLOPE]
    spread[:, SLOPE, SLOPE] += (BEND_SPREAD * shift) ** 2
    return Curves(state, spread)


def bending(slope: Array, bend: float) -> Array:
    """How fast an elasticity falls with log spend: slope·(1 - slope) for s/(k + s) (Hill 1910), none for a power; `bend` lies between."""
    return bend * np.clip(slope * (1 - slope), 0.0, 0.25)


def surprised(curves: Curves, row: Array, offset: Array, clicks: Array, noise: float) -> Surprise:
    """The day's clicks against the curve. `row` from `design`; `offset` what else is known; `noise` the variance beyond counting.

    Log clicks are matched by a log-Gamma, which Poisson counts update exactly (West, Harrison & Migon 1985): any count will do, 0 too.
    """
    expected = np.clip((row * curves.state).sum(axis=1) + offset, -20, 30)
    variance = variance_along(curves, row) + noise
    shape = 1.0 / variance + 0.5
    mean, before = digamma_and_trigamma(shape)
    rate = np.exp(mean - expected)
    told, after = digamma_and_trigamma(shape + clicks)
    count = shape / rate
    return Surprise(
        moved=told - np.log(rate + 1.0) - expected,
        before=variance,
        after=variance * after / before,
        told=variance * count / (variance * count + 1.0),
    )


def learned(curves: Curves, row: Array, surprise: Surprise) -> Curves:
    """Each curve takes its part in what the day's clicks said (linear Bayes)."""
    gain = _carried(curves, row) / surprise.before[:, None]
    known = np.maximum(surprise.before - surprise.after, 0.0)
    return Curves(
        curves.state + gain * surprise.moved[:, None],
        curves.spread - gain[:, :, None] * (gain * known[:, None])[:, None, :],
    )


def variance_along(curves: Curves, row: Array) -> Array:
    """The variance of the log clicks expected for `row`, (ads,)."""
    return np.maximum((_carried(curves, row) * row).sum(axis=1), 0.0)


def _carried(curves: Curves, row: Array) -> Array:
    return np.einsum("nij,nj->ni", curves.spread, row)


def shared_mean(values: Array, variances: Array, *, start: float, known_below: float, weight: float = 20.0) -> float:
    """What new ads start with: the mean over ads that are known well enough, pulled to `start` by the weight of 20 ads."""
    told = variances < known_below
    return (weight * start + float(values[told].sum())) / (weight + int(told.sum()))
