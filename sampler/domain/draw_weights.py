"""How likely logged draws would have been under another temperature."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sampler.domain.logged_decisions import refuse, row_of_numbers

WIDEST = float(np.sqrt(2))
"""From this ratio on the weights have no finite variance: ∫ N(x; 0, ρ²)²/N(x; 0, 1) dx = 1/(ρ·√(2 - ρ²))."""


def log_weight(draw: ArrayLike, spread: ArrayLike, ratio: float) -> float:
    """log of the likelihood ratio of a decision's draws, were the temperature `ratio` times what it was. `draw`, `spread` (draws,).

    A draw z set the log return to m - s²/2 + s·z, s being its spread, so that its mean stayed at exp(m) (`portfolio.worth.drawn_worth`).
    The other temperature draws the same from a normal of deviation ρs around m - (ρs)²/2. ValueError for a spread or a ratio that is
    not above zero: nothing is drawn then, so that no logged draw can tell of it.
    """
    count = np.size(draw)
    z, s = row_of_numbers("draw", draw, count), row_of_numbers("spread", spread, count)
    refuse("spread", s, s <= 0, "is not above zero")
    if not 0 < ratio < np.inf:
        raise ValueError(f"ratio is {ratio}: above zero")
    other = ratio * s
    back = (s * z - s**2 / 2 + other**2 / 2) / other
    return float((z**2 / 2 - back**2 / 2 - np.log(ratio)).sum())


def told_ratios(draws: ArrayLike, effective: float) -> tuple[float, float] | None:
    """The least and the highest ratio of which a log can be expected to tell with this effective sample size; None: not even of 1.

    `draws` (decisions,) are how many each decision made. A weight's second moment is (1/(ρ·√(2 - ρ²))) to the power of them.
    """
    count = np.asarray(draws, dtype=np.float64)
    ratios = np.arange(0.01, WIDEST, 0.01)
    second = -np.log(ratios * np.sqrt(2 - ratios**2))
    worth = np.array([len(count) / np.exp(np.minimum(count * log, 500)).mean() for log in second])
    told = ratios[worth >= effective]
    return (float(told[0]), float(told[-1])) if told.size else None
