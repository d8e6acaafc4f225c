"""Conversions per click: Gamma-Poisson per ad, around what account, creative and click rate promise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio import creative_prior
from sampler.domain.portfolio.creative_prior import CreativePrior, Evidence, Pulls

Array = NDArray[np.float64]
RATE_START = 0.01
START_SHAPE, START_WEIGHT, MOST_SHAPE = 6.0, 200.0, 20.0
LEAST_LOG, MOST_LOG = -14.0, 3.0


def relearned_prior(
    prior: CreativePrior | None,
    account: NDArray[np.int64],
    features: Array,
    came: Array,
    exposure: Array,
    shape: float,
    accounts: int,
    pulls: Pulls,
) -> tuple[CreativePrior, Pulls]:
    """Two steps of Poisson ridge regression, log link (iteratively reweighted least squares, McCullagh & Nelder 1989, 2.5).

    `came` and `exposure` (ads,): conversions, and the clicks that have had the time to bring them. An ad weighs mean/(1 + mean/shape):
    beyond counting, ads differ among themselves.
    """
    told = exposure > 0.5
    total = float(exposure[told].sum())
    centre = float(np.log(max((float(came[told].sum()) + 1.0) / (total + 1.0 / RATE_START), 1e-6)))
    if prior is None or len(prior.feature) != features.shape[1]:
        prior = _by_account(account, came, exposure, accounts, features.shape[1], centre)
    if not told.any():
        return prior, pulls
    account, features, came, exposure = account[told], features[told], came[told], exposure[told]
    for _ in range(2):
        guess = np.clip(prior.mean(account, features), LEAST_LOG, MOST_LOG)
        mean = exposure * np.exp(guess)
        response = guess + np.clip((came - mean) / np.maximum(mean, 1e-6), -5, 5)
        evidence = Evidence(account, features, response, mean / (1 + mean / shape))
        prior = creative_prior.fitted(evidence, accounts, pulls, centre)
    return prior, creative_prior.relearned_pulls(prior, pulls, centre)


def _by_account(
    account: NDArray[np.int64], came: Array, exposure: Array, accounts: int, features: int, centre: float
) -> CreativePrior:
    rate = np.exp(centre)
    level = np.log((np.bincount(account, came, accounts) + 2) / (np.bincount(account, exposure, accounts) + 2 / rate))
    start = creative_prior.empty(accounts, features, centre)
    return CreativePrior(level, start.feature, start.own, start.mixing, start.shared)


def prior_shape(came: Array, promised: Array, counted: Array, shape: float) -> float:
    """How alike ads are, as the shape of a Gamma: 1/variance of true over promised conversions, by weighted moments (Kleinman 1973).

    (came - promised)² = counted·promised + promised²·variance in the mean; `counted` (ads,) is what counting noise is of the decayed sum,
    below 1 since old conversions are counted in part. Rows weigh as they would at the `shape` so far.
    """
    weight = promised**2 / (promised + promised**2 / shape + 1e-9) ** 2
    seen = np.where(promised > 0, (came - promised) ** 2 - counted * promised, 0.0)
    variance = (float((weight * seen).sum()) + START_WEIGHT / START_SHAPE) / (
        float((weight * promised**2).sum()) + START_WEIGHT
    )
    return float(1.0 / np.clip(variance, 1.0 / MOST_SHAPE, 1.0))


def counting_noise(days: Array, forget: float) -> Array:
    """Σ w² / Σ w for weights w = forget^age over `days` days, (1 + forget^days)/(1 + forget)."""
    return (1.0 + forget ** np.maximum(days, 1.0)) / (1.0 + forget)
