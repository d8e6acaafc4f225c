"""How many clicks an ad's spend buys: a curve per ad that follows the ad (Kalman 1960, on the logarithm of clicks).

    log clicks = level + slope·(log spend - pivot) - bend·slope(1-slope)/2·(log spend - pivot)² - wear·frequency + noise

`pivot` is the ad's own usual log spend, so that the curve is a tangent there, whatever the curve of the platform looks like.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEVEL, SLOPE, WEAR = 0, 1, 2
SLOPE_START, SLOPE_SPREAD = 0.85, 0.08
WEAR_START, WEAR_SPREAD = 0.10, 0.06
FEW_CLICKS = 5.0
SMALLEST_SPEND = 1e-3
MOST_FREQUENCY, KINK = 12.0, 2.0
PIVOT_SPEED = 0.3


@dataclass(frozen=True)
class Curves:
    """`state` (ads, 3): level, slope, wear. `spread` (ads, 3, 3): their covariance."""

    state: Array
    spread: Array


@dataclass(frozen=True)
class Surprise:
    """What the day's clicks said beyond what was expected: its logarithm, and the variance it was expected to have; (ads,)."""

    error: Array
    variance: Array

    @property
    def standardised(self) -> Array:
        return np.clip(self.error / np.sqrt(self.variance), -4, 4)


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
    return Curves(state, spread)


def bending(slope: Array, bend: float) -> Array:
    """How fast an elasticity falls with log spend: slope·(1 - slope) for s/(k + s) (Hill 1910), none for a power; `bend` lies between."""
    return bend * np.clip(slope * (1 - slope), 0.0, 0.25)


def surprised(curves: Curves, row: Array, offset: Array, clicks: Array, noise: float) -> Surprise:
    """The day's clicks against the curve. `row` from `design`; `offset` the weekday's; `noise` the variance beyond counting.

    From five clicks on their logarithm, below that the working response of a Poisson regression (McCullagh & Nelder 1989, 2.5).
    """
    expected = np.clip((row * curves.state).sum(axis=1) + offset, -8, 25)
    mean = np.exp(expected)
    many = clicks >= FEW_CLICKS
    error = np.where(many, np.log(clicks + 0.5) - expected, np.clip((clicks - mean) / np.maximum(mean, 0.3), -3, 3))
    counting = 1.0 / np.maximum(np.where(many, clicks, mean), 0.3)
    return Surprise(error, _carried(curves, row)[1] + counting + noise)


def learned(curves: Curves, row: Array, surprise: Surprise) -> Curves:
    carried, _ = _carried(curves, row)
    gain = carried / surprise.variance[:, None]
    return Curves(
        curves.state + gain * surprise.error[:, None],
        curves.spread - gain[:, :, None] * carried[:, None, :],
    )


def variance_along(curves: Curves, row: Array) -> Array:
    """The variance of the log clicks expected for `row`, (ads,)."""
    return np.maximum(_carried(curves, row)[1], 0.0)


def _carried(curves: Curves, row: Array) -> tuple[Array, Array]:
    carried = np.einsum("nij,nj->ni", curves.spread, row)
    return carried, (carried * row).sum(axis=1)


def shared_mean(values: Array, variances: Array, *, start: float, known_below: float, weight: float = 20.0) -> float:
    """What new ads start with: the mean over ads that are known well enough, pulled to `start` by the weight of 20 ads."""
    told = variances < known_below
    return (weight * start + float(values[told].sum())) / (weight + int(told.sum()))
