"""How often an audience has seen an ad lately, from what platforms report of a day: impressions, and how many times a person saw it that day."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sampler.domain.portfolio.fatigue_price import remembered

Array = NDArray[np.float64]
STEPS = 8


def frequency_lately(ad: ArrayLike, day: ArrayLike, impressions: ArrayLike, frequency: ArrayLike) -> Array:
    """The impressions remembered at each day's end over the ad's audience, a row for each ad and day; not a number until a day tells of it.

    `frequency` is that of the day alone, impressions over people reached, not a number where unknown. A day's frequency hardly moves while
    the same people see an ad day after day, which is what tires them (`portfolio.clicks`). The audience a day tells of is the one in which
    impressions spread at random reach so many, and an ad's is the mean over its days, older ones and those with few impressions counting less.
    """
    _, of_ad = np.unique(np.asarray(ad), return_inverse=True)
    day, impressions = np.asarray(day), np.asarray(impressions, dtype=np.float64)
    known = np.isfinite(frequency)
    told = impressions * known
    repeats = told * impressions_a_head(np.where(known, frequency, 1.0))
    lately, before = np.full(len(day), np.nan), 0
    seen, told_of, repeated = np.zeros((3, int(of_ad.max(initial=-1)) + 1))
    for today in np.unique(day).tolist():
        on = np.flatnonzero(day == today)
        seen, told_of, repeated = (remembered(past, today - before) for past in (seen, told_of, repeated))
        np.add.at(seen, of_ad[on], impressions[on])
        np.add.at(told_of, of_ad[on], told[on] ** 2)
        np.add.at(repeated, of_ad[on], repeats[on])
        mean = seen * np.divide(repeated, told_of, out=np.full(len(seen), np.nan), where=told_of > 0)
        lately[on] = mean[of_ad[on]]
        before = today
    return lately


def impressions_a_head(frequency: ArrayLike) -> Array:
    """x of frequency = x/(1 - exp(-x)): a day's impressions over all who might have seen one, people missed included, by Newton's method.

    Impressions that are spread at random over an audience come to each person in Poisson's numbers; 0 where nobody saw it twice.
    """
    often = np.maximum(np.asarray(frequency, dtype=np.float64), 1.0)
    x = np.minimum(often, 2 * (often - 1))
    for _ in range(STEPS):
        slope = 1 - often * np.exp(-x)
        x = x - np.where(slope > 0, x + often * np.expm1(-x), 0.0) / np.where(slope > 0, slope, 1.0)
    return np.maximum(x, 0.0)
