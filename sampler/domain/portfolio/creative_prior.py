"""What an ad's account and creative say before the ad does: ridge regression on account and creative vector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio.sums import sum_by

Array = NDArray[np.float64]
Slots = NDArray[np.int64]
ACCOUNT_PULL, FEATURE_PULL, HOLD = 3.0, 50.0, 2.0


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
class Pulls:
    """One over the prior variance of an account's effect, and of each feature's, (features,)."""

    account: float
    feature: Array


@dataclass(frozen=True)
class Evidence:
    """`account` (ads,) slots, `features` (ads, p), `response` (ads,), `weight` (ads,) one over the variance of each response."""

    account: Slots
    features: Array
    response: Array
    weight: Array


def fitted(evidence: Evidence, accounts: int, pulls: Pulls, centre: float) -> CreativePrior:
    """argmin Σ weight·(response - account - features·feature)² + Σ pulls.account·(account - centre)² + Σ pulls.feature·feature².

    Accounts are eliminated first (Schur complement), so that a thousand of them cost no more than one (Henderson 1975, absorption).
    """
    weighted = evidence.features * evidence.weight[:, None]
    own = np.bincount(evidence.account, evidence.weight, accounts) + pulls.account
    told = np.bincount(evidence.account, evidence.weight * evidence.response, accounts) + pulls.account * centre
    mixing = sum_by(evidence.account, weighted, accounts) / own[:, None]
    inner = weighted.T @ evidence.features + np.diag(pulls.feature)
    inner -= mixing.T @ (mixing * own[:, None])
    shared = np.linalg.inv(inner) if len(inner) else inner
    feature = shared @ (weighted.T @ evidence.response - mixing.T @ told)
    return CreativePrior(told / own - mixing @ feature, feature, own, mixing, shared)


def relearned_pulls(prior: CreativePrior, pulls: Pulls, centre: float) -> Pulls:
    """How alike accounts are, and how little creatives matter: one step of expectation maximisation (Dempster, Laird & Rubin 1977).

    pull = effects / Σ E[effect²], with the weight of two effects at the start. The last feature, the click rate, has a pull of its own.
    """
    told = prior.own > pulls.account * 1.001
    among = float(((prior.account[told] - centre) ** 2 + 1 / prior.own[told]).sum())
    account = (int(told.sum()) + HOLD) / (among + HOLD / ACCOUNT_PULL)
    squares = prior.feature**2 + np.diag(prior.shared)
    feature = np.empty(len(squares))
    for part in (slice(None, -1), slice(-1, None)):
        count = len(squares[part])
        feature[part] = (count + HOLD) / (float(squares[part].sum()) + HOLD / FEATURE_PULL)
    return Pulls(float(np.clip(account, 0.05, 100)), np.clip(feature, 1.0, 1e4))


def start_pulls(features: int) -> Pulls:
    return Pulls(ACCOUNT_PULL, np.full(features, FEATURE_PULL))


def empty(accounts: int, features: int, centre: float) -> CreativePrior:
    return CreativePrior(
        np.full(accounts, centre),
        np.zeros(features),
        np.ones(accounts),
        np.zeros((accounts, features)),
        np.zeros((features, features)),
    )
