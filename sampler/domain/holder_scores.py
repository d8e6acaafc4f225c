"""From ads to what holds their budget: an ad set, or a campaign that shares one budget among its ad sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampler.domain.belief import Belief
from sampler.domain.blended_score import Score, blended_score
from sampler.domain.prior import account_prior
from sampler.domain.thompson import draw

TEMPERATURE = 0.3
"""How far the one draw that decides may leave the mean: enough to keep trying, too little to cost measurable return."""


@dataclass(frozen=True)
class HolderScores:
    """Arrays over holders. `samples` is (draws, holders): return on spend at today's budget. `score` decides the split."""

    score: NDArray[np.float64]
    mean: NDArray[np.float64]
    samples: NDArray[np.float64]
    clicks: NDArray[np.float64]
    conversions: NDArray[np.float64]
    own_weight: NDArray[np.float64]
    decay: NDArray[np.float64]
    click_rate: NDArray[np.float64]
    account_click_rate: float


def holder_scores(
    members: Sequence[Sequence[int]], beliefs: Mapping[int, Belief], day: int, rng: np.random.Generator
) -> HolderScores:
    """Scores each holder (the ids of its ads) by its ads' returns, weighted by where its money went lately.

    An ad without a belief starts from the account's prior. A holder without ads is scored like one new ad.
    """
    ads = sorted({ad for holder in members for ad in holder} | set(beliefs))
    blank = Belief(as_of=day)
    known = [beliefs[ad].decayed(day) if ad in beliefs else blank for ad in ads] + [blank]
    prior = account_prior(known)
    scores = [blended_score(belief, prior) for belief in known]
    decay = np.array([score.decay for score in scores])
    samples = draw(known, prior, rng).roas * decay
    shares = _shares(members, {ad: i for i, ad in enumerate(ads)}, known)
    by_holder = samples @ shares
    mean = _column(scores, "score") @ shares
    counted = (shares > 0).astype(np.float64)
    return HolderScores(
        score=(1 - TEMPERATURE) * mean + TEMPERATURE * by_holder[0],
        mean=mean,
        samples=by_holder,
        clicks=np.array([belief.clicks for belief in known]) @ counted,
        conversions=np.array([belief.conversions for belief in known]) @ counted,
        own_weight=_column(scores, "own_weight") @ shares,
        decay=decay @ shares,
        click_rate=_column(scores, "click_rate") @ shares,
        account_click_rate=prior.clicks_per_impression.mean,
    )


def _column(scores: Sequence[Score], name: str) -> NDArray[np.float64]:
    return np.array([getattr(score, name) for score in scores])


def _shares(members: Sequence[Sequence[int]], row: Mapping[int, int], known: Sequence[Belief]) -> NDArray[np.float64]:
    """(ads + 1, holders); each column sums to one. The last row stands for a new ad."""
    shares = np.zeros((len(known), len(members)))
    for column, ads in enumerate(members):
        rows = [row[ad] for ad in ads] or [len(known) - 1]
        spend = np.array([max(known[i].spend, 0.0) for i in rows])
        shares[rows, column] = spend / spend.sum() if spend.sum() > 0 else 1 / len(rows)
    return shares
