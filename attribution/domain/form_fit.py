"""Which forms an ad's leads fill in: how much likelier than usual, shrunk toward its campaign's, and that one toward one."""

from __future__ import annotations

import numpy as np

PRIOR_DEALS = 6.0
LEAST_DEALS, MOST_FORMS = 5, 200
"""Anybody can make up names of forms: the commonest are learnt from, and each costs a row for every ad."""


def form_lifts(form: np.ndarray, ad: np.ndarray, campaign_of_ad: np.ndarray) -> np.ndarray:
    """P(form | ad) ÷ P(form), shape (forms, ads), from one row for each deal and the ad that most likely brought it.

    `form` and `ad` count from zero and have equal lengths; `campaign_of_ad` has one entry for each ad.
    """
    forms, ads = int(form.max()) + 1, campaign_of_ad.size
    campaigns = int(campaign_of_ad.max()) + 1
    of_ad = np.bincount(form * ads + ad, minlength=forms * ads).reshape(forms, ads).astype(float)
    of_campaign = np.zeros((forms, campaigns))
    np.add.at(of_campaign.T, campaign_of_ad, of_ad.T)
    usual = of_ad.sum(axis=1, keepdims=True) / of_ad.sum()
    by_campaign = (of_campaign + PRIOR_DEALS * usual) / (of_campaign.sum(axis=0) + PRIOR_DEALS)
    by_ad = (of_ad + PRIOR_DEALS * by_campaign[:, campaign_of_ad]) / (of_ad.sum(axis=0) + PRIOR_DEALS)
    return by_ad / usual


def usual_forms(form: np.ndarray) -> np.ndarray:
    """Which rows name a form that is filled in often enough to learn from: shape (rows,), of names."""
    names, which, count = np.unique(form, return_inverse=True, return_counts=True)
    count[names == ""] = 0
    usual = np.zeros(names.size, bool)
    usual[np.argsort(-count, kind="stable")[:MOST_FORMS]] = True
    return (usual & (count >= LEAST_DEALS))[which]
