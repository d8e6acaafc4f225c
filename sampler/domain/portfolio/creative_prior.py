"""What an ad's account and creative say before the ad does: ridge regression on account and creative vector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio.sums import sum_by

Array = NDArray[np.float64]
Slots = NDArray[np.int64]


@dataclass(frozen=True)
class CreativePrior:
    """`account` (accounts,), `feature` (features,): the effects. `own`, `mixing`, `shared`: their covariance, in blocks."""

    account: Array
    feature: Array
    own: Array
    mixing: Array
    shared: Array

    def mean(self, account: Slots, features: Array) -> Array:
        return self.account[self._row(account)] + features @ self.feature

    def variance(self, account: Slots, features: Array) -> Array:
        """How well `mean` is known, (ads,)."""
        account = self._row(account)
        left = features - self.mixing[account]
        return 1.0 / self.own[account] + np.einsum("np,pq,nq->n", left, self.shared, left, optimize=True)

    def _row(self, account: Slots) -> Slots:
        """Accounts newer than the fit are as row 0, which belongs to none."""
        return np.where(account < len(self.account), account, 0)


@dataclass(frozen=True)
class Evidence:
    """`account` (ads,) slots, `features` (ads, p), `response` (ads,), `weight` (ads,) one over the variance of each response."""

    account: Slots
    features: Array
    response: Array
    weight: Array


def fitted(
    evidence: Evidence, accounts: int, *, account_pull: float, feature_pull: float, centre: float
) -> CreativePrior:
    """argmin Σ weight·(response - account - features·feature)² + account_pull·Σ(account - centre)² + feature_pull·Σ feature².

    Accounts are eliminated first (Schur complement), so that a thousand of them cost no more than one (Henderson 1975, absorption).
    """
    weighted = evidence.features * evidence.weight[:, None]
    own = np.bincount(evidence.account, evidence.weight, accounts) + account_pull
    told = np.bincount(evidence.account, evidence.weight * evidence.response, accounts) + account_pull * centre
    mixing = sum_by(evidence.account, weighted, accounts) / own[:, None]
    inner = weighted.T @ evidence.features + feature_pull * np.eye(evidence.features.shape[1])
    inner -= mixing.T @ (mixing * own[:, None])
    shared = np.linalg.inv(inner) if len(inner) else inner
    feature = shared @ (weighted.T @ evidence.response - mixing.T @ told)
    return CreativePrior(told / own - mixing @ feature, feature, own, mixing, shared)


def empty(accounts: int, features: int, centre: float) -> CreativePrior:
    return CreativePrior(
        np.full(accounts, centre),
        np.zeros(features),
        np.ones(accounts),
        np.zeros((accounts, features)),
        np.zeros((features, features)),
    )
