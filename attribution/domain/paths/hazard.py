"""The data-driven model: every touch adds to a person's rate of converting, on top of a rate that nobody earned.

A person's hazard t days after the first touch is  μ + Σᵢ Σₖ q[channelᵢ, k] · exp(−ageᵢ/τₖ)/τₖ  with the touches before t.
μ is the organic baseline; q[c, k] is how many conversions a touch of c brings over its life with decay τₖ. All of it is
learnt from converting and non-converting paths by expectation–maximisation; the likelihood is concave, so the start does
not matter. A conversion is shared in proportion to the parts of the hazard at its moment, μ's part being unattributed.
Source: Zhang, Wei and Ren, "Multi-touch attribution in online advertising with survival theory" (ICDM 2014), with the
decay as a mixture, and the baseline as in Shender et al., "A time to event framework for multi-touch attribution" (2020).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution.domain.paths.journeys import Journeys, Reals

DECAYS = np.array([0.25, 1.0, 4.0, 14.0])
"""Days, τ: hours, a day, half a week, two weeks."""
SHORTEST = 1 / 24
"""Days. A touch is at least an hour old: clocks are no finer, and an exposure of zero would prove anything."""
PSEUDO_CONVERSIONS = 0.5
"""How many conversions at the channels' common rate each rate starts from: little evidence stays near the rest."""
MOST_ROUNDS, CLOSE_ENOUGH = 300, 1e-6


@dataclass(frozen=True)
class Hazard:
    """What was learnt: conversions a day that come by themselves, and conversions a touch by (decays, channels)."""

    baseline: float
    rates: Reals

    def parts(self, journeys: Journeys) -> Reals:
        """(touches,) what each touch adds to the hazard at the end of its path, conversions a day."""
        return _parts(_density(journeys), self.rates, journeys)

    def shares(self, journeys: Journeys) -> Reals:
        """(touches,) shares of each path's worth; the baseline's share is what they leave of one."""
        parts = self.parts(journeys)
        whole = self.baseline + np.bincount(journeys.path, parts, len(journeys.length))
        return parts / np.maximum(whole, np.finfo(float).tiny)[journeys.path]


def fit_hazard(journeys: Journeys) -> Hazard:
    """Learns the model from paths with ages, non-converting ones included. ValueError when the journeys tell no ages."""
    exposure, watched = _exposure(journeys)
    earning = journeys.take((journeys.conversions > 0) & (journeys.length > 0))
    converted = earning.conversions.sum()
    if not converted:
        return Hazard(0.0, np.zeros_like(exposure))
    density, starts = _density(earning), earning.start[:-1]
    baseline = converted / 2 / watched
    rates = np.full(exposure.shape, converted / 2 / exposure.sum())
    likelihood = -np.inf
    for _ in range(MOST_ROUNDS):
        whole = baseline + np.add.reduceat(_parts(density, rates, earning), starts)
        before, likelihood = (
            likelihood,
            earning.conversions @ np.log(whole) - baseline * watched - (rates * exposure).sum(),
        )
        if likelihood - before < CLOSE_ENOUGH * converted:
            break
        weight = earning.conversions / whole
        touch_weight = np.repeat(weight, earning.length)
        owed = [np.bincount(earning.channel, lives * touch_weight, rates.shape[1]) for lives in density]
        baseline *= weight.sum() / watched
        rates = _towards_the_rest(rates * owed, exposure)
    return Hazard(float(baseline), rates)


def _aged(journeys: Journeys) -> Reals:
    if journeys.age is None:
        raise ValueError("age: the hazard needs the touches' ages")
    return np.maximum(journeys.age, SHORTEST)


def _density(journeys: Journeys) -> Reals:
    """(decays, touches) of the share of its life that a touch spends at its age, a day."""
    return np.exp(-_aged(journeys) / DECAYS[:, None]) / DECAYS[:, None]


def _parts(density: Reals, rates: Reals, journeys: Journeys) -> Reals:
    """(touches,) what each touch adds to the hazard at the end of its path."""
    return sum(lives * of_decay[journeys.channel] for lives, of_decay in zip(density, rates, strict=True))


def _exposure(journeys: Journeys) -> tuple[Reals, float]:
    """(decays, channels) how much of their life the touches were watched for, and person-days since first touches."""
    people = journeys.conversions + journeys.nulls
    age, weight = _aged(journeys), people[journeys.path]
    lived = [
        np.bincount(journeys.channel, weight * -np.expm1(-age / decay), len(journeys.channels)) for decay in DECAYS
    ]
    oldest = np.zeros(len(people))
    has = journeys.length > 0
    if has.any():
        oldest[has] = np.maximum.reduceat(age, journeys.start[:-1][has])
    return np.stack(lived), float(oldest @ people)


def _towards_the_rest(owed: Reals, exposure: Reals) -> Reals:
    """Conversions over exposure, each channel drawn towards the common rate of its decay by a few pseudo-conversions."""
    tiny = np.finfo(float).tiny
    common = owed.sum(axis=1, keepdims=True) / np.maximum(exposure.sum(axis=1, keepdims=True), tiny)
    return (owed + PSEUDO_CONVERSIONS) * common / (exposure * common + PSEUDO_CONVERSIONS)
