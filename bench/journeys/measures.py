"""What a method said, beside what was true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.journeys.methods import Credits, Trial

COVERAGE = 0.95
THRESHOLDS = (0.5, 0.7, 0.9)


@dataclass(frozen=True)
class Claims:
    """Leads whose best ad was given at least this weight."""

    share: float
    """Of ad-driven leads."""
    precision: float
    """Right ad among all that was claimed; an organic lead is wrong whatever ad it got."""
    stated: float


@dataclass(frozen=True)
class Measures:
    coverage: float
    precision_at_coverage: float
    """Right ad among ad-driven leads, when the best 95 % of them are assigned, or as many as the method reaches."""
    precision_with_organics: float
    claims: dict[float, Claims]
    by_tenth: np.ndarray
    """Leads, what was stated and what was right, summed by tenth of the stated weight. Shape (10, 3)."""
    bias: float
    wape_ad: float
    wape_campaign: float


def measure(trial: Trial, credits: Credits) -> Measures:
    leads = trial.journeys.leads
    true_ad, driven = leads.ad[trial.leads], leads.click[trial.leads] >= 0
    best, weight = credits.guessed.argmax(axis=1), credits.guessed.max(axis=1)
    reached = weight > 1e-9
    ranked = np.argsort(-weight, kind="stable")
    among = ranked[driven[ranked] & reached[ranked]][: round(COVERAGE * driven.sum())]
    everyone = reached & (weight >= (weight[among].min() if among.size else 1))
    truth = np.bincount(true_ad[driven], trial.amounts[driven], minlength=trial.ads.size)
    campaigns = trial.journeys.campaign_of
    return Measures(
        among.size / driven.sum(),
        float((best[among] == true_ad[among]).mean()),
        float((best == true_ad)[everyone].mean()),
        {threshold: _claims(credits.certain, true_ad, driven, threshold) for threshold in THRESHOLDS},
        _by_tenth(credits.certain, true_ad),
        credits.revenue.sum() / truth.sum() - 1,
        _wape(credits.revenue, truth),
        _wape(np.bincount(campaigns, credits.revenue), np.bincount(campaigns, truth)),
    )


def _claims(weights: np.ndarray, true_ad: np.ndarray, driven: np.ndarray, threshold: float) -> Claims:
    best, weight = weights.argmax(axis=1), weights.max(axis=1)
    claimed = weight >= threshold
    if not claimed.any():
        return Claims(0.0, float("nan"), float("nan"))
    return Claims(
        float((claimed & driven).sum() / driven.sum()),
        float((best == true_ad)[claimed].mean()),
        float(weight[claimed].mean()),
    )


def _by_tenth(weights: np.ndarray, true_ad: np.ndarray) -> np.ndarray:
    best, weight = weights.argmax(axis=1), weights.max(axis=1)
    tenth = np.minimum((10 * weight).astype(int), 9)
    sums = [np.bincount(tenth, values, minlength=10) for values in (np.ones(weight.size), weight, best == true_ad)]
    return np.stack(sums, axis=1)


def _wape(told: np.ndarray, truth: np.ndarray) -> float:
    return float(np.abs(told - truth).sum() / truth.sum())
