"""How conversions follow clicks: each click adds to a hazard that fades with its age, over an organic baseline.

λ(t) = μ + Σ q(ad)·f(t − click) + Σ (ν + κ(|t − click|)), learnt by expectation-maximisation from people whose clicks are known.
The first sum is over clicks before t, the second over clicks before and after t. After the additive hazard of Zhang, Wei and Ren
(ICDM 2014) and the time-to-event framework of Shender et al. (2020). All are learnt apart for clicks on the device of the lead and
on other devices of the person: of the latter another part of the truth is seen.

κ is interest: people who are interested both click and ask, whether or not an ad made them. A click after a lead cannot have
caused it. So clicks that follow leads tell how much of what follows clicks is interest alone (a negative control in time).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from attribution.domain.delays import BINS, WIDTHS
from attribution.domain.interest import (
    Baseline,
    Cells,
    organic_before,
    organic_rates,
    starting_baseline,
    starting_interest,
)

OWN_DEVICE, OTHER_DEVICE = 0, 1
DEVICES = 2
PRIOR_CONVERSIONS = 3.0
PRIOR_CONVERSIONS_OF_DECAY = 10.0
"""So many conversions the starting shape is worth: delays that the data is too young to have seen keep it."""
ROUNDS = 300
PRIOR_LEADS, PRIOR_ORGANIC = 10.0, 0.2
"""So many leads are added, a fifth of them organic: few leads at odd times must not make all clicks, or none, worthless."""


@dataclass(frozen=True)
class Conversions:
    """Clicks that known people made around their conversions, a row for each pair. `ad` and `deal` count from zero."""

    deal: np.ndarray
    ad: np.ndarray
    delay: np.ndarray
    """Bin of the time between the two."""
    device: np.ndarray
    """OWN_DEVICE or OTHER_DEVICE."""
    is_after: np.ndarray
    """Whether the click came after the conversion."""


@dataclass(frozen=True)
class Exposure:
    """What could have converted."""

    clicks: np.ndarray
    """Clicks of each ad. Shape (ads,)."""
    watched: np.ndarray
    """Share of those clicks whose delay bin was inside the data. Shape (ads, BINS)."""
    watched_before: np.ndarray
    """Clicks of all ads whose bin before the click was inside the data. Shape (BINS,)."""
    person_days: float
    """Days on which a visitor was inside a window of `delays.WINDOW` after a click."""


@dataclass(frozen=True)
class Hazard:
    pull: np.ndarray
    """q: conversions that a click of each ad brings. Shape (ads,)."""
    decay: np.ndarray
    """f: share of them per day by device and delay bin; Σ f · width = 1. Shape (DEVICES, BINS)."""
    organic: float
    """Organic conversions of a known visitor per day, where only clicks before them are known."""
    organic_of_click: np.ndarray
    """What a click adds to that by its age: people who click a lot also convert a lot by themselves, who clicked lately may be
    interested, and clicks of ads that were not seen bring leads too. Shape (DEVICES, BINS)."""
    organic_share: float
    """Share of the conversions of people with clicks before them that no seen click brought."""
    driven: float = 0.0
    """Conversions that seen clicks brought, before an experiment bounded them."""


def starting_hazard() -> Hazard:
    """Before anything was learnt: fast at first, fading over weeks, weaker across devices."""
    own = 1.0 / (0.05 + np.array([0.01, 0.07, 0.3, 0.75, 1.5, 3.0, 5.5, 8.5, 12.0, 17.5, 25.5, 37.5])) ** 1.1
    other = np.where(np.arange(BINS) < 2, own[2], own) * 0.3
    decay = np.array([own, other])
    decay /= (decay * WIDTHS).sum()
    pull = 0.03
    return Hazard(np.array([pull]), decay, 2e-4, 5e-5 + starting_interest(pull * decay), 0.2)


def learn_hazard(conversions: Conversions, exposure: Exposure, most_driven: float = np.inf) -> Hazard:
    """EM: clicks and the baseline share every conversion by their hazards; rates are shared conversions per exposure.

    The effect of a click in the last bin is taken to be zero. Delays that were hardly watched keep the starting shape. An ad's
    pull is shrunk toward the mean as by `PRIOR_CONVERSIONS` conversions of an average ad. `most_driven` is the number of these
    conversions that ads can have brought according to an experiment.
    """
    if not (~conversions.is_after).any():
        return starting_hazard()
    cells = _cells(conversions, exposure)
    rate = cells.deals / max(exposure.clicks.sum(), 1.0)
    pull, decay = np.full(exposure.clicks.size, 0.7 * rate), starting_hazard().decay
    baseline = starting_baseline(cells)
    for _ in range(ROUNDS):
        by_pair, everything = _shared(conversions, cells, pull, decay, baseline)
        decay, pull = _effect(conversions, exposure, by_pair, pull)
        prior = starting_interest(pull.mean() * decay)
        baseline = organic_rates(cells, baseline, 1 / everything, prior, PRIOR_LEADS * PRIOR_ORGANIC)
    by_pair, everything = _shared(conversions, cells, pull, decay, baseline)
    organic = 1 - np.bincount(conversions.deal, by_pair, minlength=cells.deals)
    before = ~conversions.is_after
    seen = np.bincount(conversions.deal[before], minlength=cells.deals) > 0
    prior_organic = PRIOR_LEADS * PRIOR_ORGANIC
    alone, of_click = organic_before(cells, baseline, np.where(seen, organic, 0.0), exposure.person_days, prior_organic)
    hazard = Hazard(pull, decay, alone, of_click, float(organic[seen].mean()), float(by_pair.sum()))
    delayed = float(by_pair[conversions.delay > 0].sum())
    return _at_most(hazard, delayed, most_driven, int(seen.sum()))


def _cells(conversions: Conversions, exposure: Exposure) -> Cells:
    watched = np.tile((exposure.clicks @ exposure.watched) * WIDTHS, DEVICES)
    return Cells(
        conversions.deal,
        conversions.device * BINS + conversions.delay,
        conversions.is_after,
        watched,
        np.tile(exposure.watched_before * WIDTHS, DEVICES),
        2 * exposure.person_days,
        int(conversions.deal.max()) + 1,
    )


def _shared(
    conversions: Conversions, cells: Cells, pull: np.ndarray, decay: np.ndarray, baseline: Baseline
) -> tuple[np.ndarray, np.ndarray]:
    """The part of its conversion that each click brought, and the whole hazard of each conversion."""
    by_pair = np.where(cells.is_after, 0.0, pull[conversions.ad] * decay.ravel()[cells.cell])
    everything = np.bincount(cells.deal, by_pair + baseline.of_rows(cells), minlength=cells.deals) + baseline.alone
    return by_pair / everything[cells.deal], everything


def _effect(
    conversions: Conversions, exposure: Exposure, by_pair: np.ndarray, pull: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Decay and pulls from the conversions that clicks brought."""
    at_risk = (exposure.clicks * pull) @ exposure.watched * WIDTHS
    cell = conversions.device * BINS + conversions.delay
    in_cell = np.bincount(cell, by_pair, minlength=DEVICES * BINS).reshape(DEVICES, BINS)
    start = starting_hazard().decay
    decay = (in_cell + PRIOR_CONVERSIONS_OF_DECAY * start * WIDTHS) / (at_risk + PRIOR_CONVERSIONS_OF_DECAY * WIDTHS)
    decay[:, -1] = 0.0
    decay /= (decay * WIDTHS).sum()
    reached = exposure.clicks * (exposure.watched @ (decay * WIDTHS).sum(axis=0))
    of_ad = np.bincount(conversions.ad, by_pair, minlength=pull.size)
    mean = (of_ad.sum() + PRIOR_LEADS * (1 - PRIOR_ORGANIC)) / max(reached.sum(), 1e-9)
    return decay, (of_ad + PRIOR_CONVERSIONS) / (reached + PRIOR_CONVERSIONS / mean)


def _at_most(hazard: Hazard, delayed: float, most: float, deals: int) -> Hazard:
    """The same hazard where clicks bring no more than an experiment found: interest takes the excess, but of no click's session."""
    if hazard.driven <= most or not delayed:
        return hazard
    moved = min((hazard.driven - most) / delayed, 1.0)
    effect = hazard.pull.mean() * hazard.decay
    part = np.where(np.arange(BINS) > 0, moved, 0.0)
    decay = hazard.decay * (1 - part)
    scale = (decay * WIDTHS).sum()
    return replace(
        hazard,
        pull=hazard.pull * scale,
        decay=decay / scale,
        organic_of_click=hazard.organic_of_click + effect * part,
        organic_share=hazard.organic_share + moved * delayed / deals,
    )
