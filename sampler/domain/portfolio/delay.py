"""How long conversions take: the share that has come by each age of a click, per account, learnt from arrivals alone.

A young account cannot tell few conversions that come at once from many that come late by their number: only by what older clicks got later.
So delays are learnt without the rate of conversion: from each click day's arrivals so far, given how old it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
PULL = 5.0
"""Conversions' worth of pull of each age's hazard to what the fitted shapes say."""
SHARED_PULL = 2.0
"""Accounts' worth of pull of all accounts' shapes to the start."""
MEDIANS = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 18.0, 27.0)
SPREADS = (0.6, 1.0, 1.5)
AT_ONCE = 0.25
"""What is believed beforehand of the shape that has everything on the day of the click, as in files by click day."""
STRAY = 0.01
"""Of every shape's conversions, those that keep to none: spread evenly over all ages."""


@dataclass(frozen=True)
class Delays:
    """`reached` (accounts, ages): share come by each age. `belief` (accounts, shapes): how likely each of `shapes` is."""

    reached: Array
    belief: Array


def shapes(horizon: int) -> Array:
    """(shapes, ages): share of conversions arriving at each age. The first has all at once, the others are lognormal."""
    edges = np.arange(1, horizon + 2, dtype=float)
    rows = [np.eye(horizon + 1)[0]]
    for median in MEDIANS:
        for spread in SPREADS:
            reached = np.array([0.5 * (1 + erf(np.log(edge / median) / (spread * sqrt(2)))) for edge in edges])
            rows.append(np.diff(reached, prepend=0.0) / reached[-1])
    return (1 - STRAY) * np.array(rows) + STRAY / (horizon + 1)


def start_belief() -> Array:
    late = np.repeat(MEDIANS, len(SPREADS)) ** -0.3
    return np.r_[AT_ONCE, (1 - AT_ONCE) * late / late.sum()]


def learnt(arrivals: Array, cohorts: Array, shape: Array) -> Delays:
    """Delays of each account.

    `arrivals` (accounts, ages): conversions that came at each age; `cohorts` (accounts, ages): conversions so far of the clicks that are
    so old today; both forget by click day. `shape` from `shapes`. A click day of age a shows only arrivals up to a, so that each arrival
    counts as f(d)/F(a) (likelihood of right-truncated data; Lynden-Bell 1971, Kalbfleisch & Lawless 1989).
    """
    reached = np.cumsum(shape, axis=1)
    likelihood = arrivals @ np.log(shape).T - cohorts @ np.log(reached).T
    own = _softmax(likelihood + np.log(start_belief()))
    known = arrivals.sum(axis=1) > 0
    pooled = (SHARED_PULL * start_belief() + own[known].sum(axis=0)) / (SHARED_PULL + known.sum())
    belief = _softmax(likelihood + np.log(pooled))
    return Delays(_corrected(belief @ reached, arrivals, cohorts), belief)


def _corrected(fitted: Array, arrivals: Array, cohorts: Array) -> Array:
    """The fitted shares, moved to what arrived: F(d-1) = F(d)·(1 - arrivals at d ÷ arrivals up to d), of clicks of at least that age."""
    before = np.concatenate([np.zeros((len(fitted), 1)), fitted[:, :-1]], axis=1)
    promised = (fitted - before) / fitted
    upto = np.cumsum(arrivals, axis=1) - (np.cumsum(cohorts, axis=1) - cohorts)
    hazard = (np.minimum(arrivals, np.maximum(upto, 0)) + PULL * promised) / (np.maximum(upto, 0) + PULL)
    later = np.cumprod((1 - hazard[:, :0:-1]), axis=1)[:, ::-1]
    return np.concatenate([later, np.ones((len(fitted), 1))], axis=1)


def share_unsure(weight: Array, delays: Delays, shape: Array, arrivals: Array) -> Array:
    """(accounts,): the variance of the log of the share of conversions taken to have come: among shapes, and (1 - F)/(F·n) of counting.

    `weight` (accounts, ages): conversions expected in the end of clicks that are so old; `arrivals` (accounts,) those seen.
    """
    promised = weight.sum(axis=1)
    told = promised > 0
    of_shape = np.log(np.maximum(weight @ np.cumsum(shape, axis=1).T / np.maximum(promised, 1e-12)[:, None], 1e-3))
    mean = (delays.belief * of_shape).sum(axis=1)
    among = (delays.belief * (of_shape - mean[:, None]) ** 2).sum(axis=1)
    share = np.clip((weight * delays.reached).sum(axis=1) / np.maximum(promised, 1e-12), 0.05, 1.0)
    return np.where(told, among + (1 - share) / (share * (arrivals + PULL)), 0.0)


def _softmax(logs: Array) -> Array:
    likely = np.exp(logs - logs.max(axis=1, keepdims=True))
    return likely / likely.sum(axis=1, keepdims=True)
