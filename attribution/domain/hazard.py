"""How conversions follow clicks: each click adds to a hazard that fades with its age, over an organic baseline.

λ(t) = μ + Σ (ν + q(ad) · f(t − click)), learnt by expectation-maximisation from people whose clicks are known. After the
additive hazard of Zhang, Wei and Ren (ICDM 2014) and the time-to-event framework of Shender et al. (2020). f and ν are learnt
apart for clicks on the device of the lead and on other devices of the person: what is seen of the latter is another part of the truth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution.domain.delays import BINS, WIDTHS

OWN_DEVICE, OTHER_DEVICE = 0, 1
DEVICES = 2
PRIOR_CONVERSIONS = 3.0
PRIOR_CONVERSIONS_OF_DECAY = 10.0
"""So many conversions the starting shape is worth: delays that the data is too young to have seen keep it."""
ROUNDS = 100
PRIOR_LEADS, PRIOR_ORGANIC = 10.0, 0.2
"""So many leads are added, a fifth of them organic: few leads at odd times must not make all clicks, or none, worthless."""
ACTIVITY_SHAPE = 0.45
"""How unequal people are: of somebody seen clicking n times, n + shape is expected in proportion, as in the negative
binomial model of Ehrenberg (1959), whose shape lies near one half for visits. It ties μ to ν, which no count of clicks could."""


@dataclass(frozen=True)
class Conversions:
    """Clicks that known people made before they converted, a row for each pair. `ad` and `deal` count from zero."""

    deal: np.ndarray
    ad: np.ndarray
    delay: np.ndarray
    """Bin of the delay."""
    device: np.ndarray
    """OWN_DEVICE or OTHER_DEVICE."""


@dataclass(frozen=True)
class Exposure:
    """What could have converted."""

    clicks: np.ndarray
    """Clicks of each ad. Shape (ads,)."""
    watched: np.ndarray
    """Share of those clicks whose delay bin was inside the data. Shape (ads, BINS)."""
    person_days: float
    """Days on which a visitor was inside a window of `delays.WINDOW` after a click."""


@dataclass(frozen=True)
class Hazard:
    pull: np.ndarray
    """q: conversions that a click of each ad brings. Shape (ads,)."""
    decay: np.ndarray
    """f: share of them per day by device and delay bin; Σ f · width = 1. Shape (DEVICES, BINS)."""
    organic: float
    """μ: organic conversions of a known visitor per day."""
    organic_of_click: np.ndarray
    """ν: what every click in the window adds to that, because people who click a lot also convert a lot by themselves, and
    because clicks of ads that were not seen bring leads too. Shape (DEVICES,)."""
    organic_share: float
    """Share of the conversions of people with clicks that no seen click brought."""


def starting_hazard() -> Hazard:
    """Before anything was learnt: fast at first, fading over weeks, weaker across devices."""
    own = 1.0 / (0.05 + np.array([0.01, 0.07, 0.3, 0.75, 1.5, 3.0, 5.5, 8.5, 12.0, 17.5, 25.5, 37.5])) ** 1.1
    other = np.where(np.arange(BINS) < 2, own[2], own) * 0.3
    decay = np.array([own, other])
    return Hazard(np.array([0.03]), decay / (decay * WIDTHS).sum(), 2e-4, np.array([5e-5, 5e-5]), 0.2)


def learn_hazard(conversions: Conversions, exposure: Exposure) -> Hazard:
    """EM: clicks and the baseline share every conversion by their hazards; rates are shared conversions per exposure.

    Leads in the last bin are taken to be organic, whatever was clicked a month before: only that tells the baseline from a
    slow effect. Delays that were hardly watched keep the starting shape. An ad's pull is shrunk toward the mean as by `PRIOR_CONVERSIONS` conversions of an average ad.
    """
    deals = int(conversions.deal.max()) + 1 if conversions.deal.size else 0
    if not deals:
        return starting_hazard()
    cell = conversions.device * BINS + conversions.delay
    clicks_of_deal = np.bincount(conversions.deal * DEVICES + conversions.device, minlength=deals * DEVICES)
    clicks_of_deal = clicks_of_deal.reshape(deals, DEVICES)
    click_days = float((exposure.clicks * (exposure.watched @ WIDTHS)).sum())
    rate = deals / max(exposure.clicks.sum(), 1.0)
    start = starting_hazard().decay
    pull, decay = np.full(exposure.clicks.size, 0.7 * rate), start
    of_click = np.full(DEVICES, 0.1 * deals / max(click_days, 1.0))
    organic = ACTIVITY_SHAPE * of_click[OWN_DEVICE]
    for _ in range(ROUNDS):
        by_pair = pull[conversions.ad] * decay.ravel()[cell]
        everything = np.bincount(conversions.deal, by_pair, minlength=deals) + organic + clicks_of_deal @ of_click
        by_pair /= everything[conversions.deal]
        by_themselves, with_clicks = (
            (organic / everything).sum(),
            of_click * (clicks_of_deal.T / everything).sum(axis=1),
        )
        at_risk = (exposure.clicks * pull) @ exposure.watched * WIDTHS
        in_cell = np.bincount(cell, by_pair, minlength=DEVICES * BINS).reshape(DEVICES, BINS)
        decay = (in_cell + PRIOR_CONVERSIONS_OF_DECAY * start * WIDTHS) / (
            at_risk + PRIOR_CONVERSIONS_OF_DECAY * WIDTHS
        )
        decay[:, -1] = 0.0
        decay /= (decay * WIDTHS).sum()
        reached = exposure.clicks * (exposure.watched @ (decay * WIDTHS).sum(axis=0))
        of_ad = np.bincount(conversions.ad, by_pair, minlength=pull.size)
        mean = (of_ad.sum() + PRIOR_LEADS * (1 - PRIOR_ORGANIC)) / max(reached.sum(), 1e-9)
        prior = PRIOR_CONVERSIONS / mean
        pull = (of_ad + PRIOR_CONVERSIONS) / (reached + prior)
        watched_days = ACTIVITY_SHAPE * exposure.person_days + click_days
        own = (by_themselves + with_clicks[OWN_DEVICE] + PRIOR_LEADS * PRIOR_ORGANIC) / max(watched_days, 1.0)
        # Of other devices as large a part of the baseline is seen as of the effect.
        later = (decay * WIDTHS)[:, 1:].sum(axis=1)
        of_click = own * np.array([1.0, np.clip(later[OTHER_DEVICE] / max(later[OWN_DEVICE], 1e-9), 0.3, 1.5)])
        organic = ACTIVITY_SHAPE * of_click[OWN_DEVICE]
    share = (by_themselves + with_clicks.sum()) / deals
    return Hazard(pull, decay, float(organic), of_click, float(share))
