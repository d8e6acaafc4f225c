"""Seeded draws of what each ad may be worth (Thompson 1933; Gamma-Poisson counts, shrunk order value)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampler.domain.belief import Belief
from sampler.domain.prior import AccountPrior, Rate

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Draws:
    """Each array is (draws, ads)."""

    click_rate: Array
    clicks_per_spend: Array
    value_per_click: Array

    @property
    def roas(self) -> Array:
        return self.clicks_per_spend * self.value_per_click


def draw(beliefs: Sequence[Belief], prior: AccountPrior, rng: np.random.Generator, *, draws: int = 400) -> Draws:
    """Samples from each ad's posterior, independently. Finite for every belief: negative sums count as none."""
    column = {
        name: np.array([max(getattr(b, name), 0.0) for b in beliefs])
        for name in ("impressions", "clicks", "spend", "conversions", "revenue")
    }
    conversions = _rates(column["conversions"], column["clicks"], prior.conversions_per_click, rng, draws)
    return Draws(
        click_rate=_rates(column["clicks"], column["impressions"], prior.clicks_per_impression, rng, draws),
        clicks_per_spend=_rates(column["clicks"], column["spend"], prior.clicks_per_spend, rng, draws),
        value_per_click=conversions * _order_values(column["conversions"], column["revenue"], prior, rng, draws),
    )


def _rates(events: Array, exposure: Array, prior: Rate, rng: np.random.Generator, draws: int) -> Array:
    shape = prior.events + np.minimum(events, 1e12)
    return rng.gamma(shape, 1.0, size=(draws, len(events))) / (prior.exposure + exposure)


def _order_values(
    conversions: Array, revenue: Array, prior: AccountPrior, rng: np.random.Generator, draws: int
) -> Array:
    """The mean order value: shrunk to the account's, with a Gamma spread that narrows as orders come in."""
    seen = prior.value_weight + conversions
    mean = (prior.value_weight * prior.order_value + revenue) / seen
    shape = seen / prior.value_spread**2
    return mean * rng.gamma(shape, 1.0, size=(draws, len(mean))) / shape


def probability_best(draws: Array) -> Array:
    """The share of draws in which each ad leads; sums to one. Ties share. `draws` is (draws, ads)."""
    if draws.shape[1] == 0:
        return np.empty(0)
    leads = draws == draws.max(axis=1, keepdims=True)
    return (leads / leads.sum(axis=1, keepdims=True)).mean(axis=0)
