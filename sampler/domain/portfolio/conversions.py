"""Conversions per click: Gamma-Poisson per ad, around what account, creative and click rate promise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio import creative_prior
from sampler.domain.portfolio.creative_prior import CreativePrior, Evidence, Pulls

Array = NDArray[np.float64]
RATE_START = 0.01
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


def prior_shape(came: Array, promised: Array, *, start: float = 4.0, weight: float = 6.0, most: float = 30.0) -> float:
    """How alike ads are: 1/variance of true over promised conversions, by moments (Kleinman 1973); `weight` pseudo-ads at `start`."""
    variance = (float(((came - promised) ** 2 - promised).sum()) + weight / start) / (
        float((promised**2).sum()) + weight
    )
    return float(1.0 / np.clip(variance, 1.0 / most, 1.0))
