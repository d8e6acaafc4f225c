from __future__ import annotations

from collections.abc import Sequence

import numpy as np

MOST_DRAWS, FEWEST_DRAWS, CELLS = 2_000, 50, 200_000


def chances_of_best(means: Sequence[float], deviations: Sequence[float], *, seed: int) -> list[float]:
    """The probability that each is the largest of them, by drawing all together; lognormal with the means and deviations of logs given.

    They sum to one. Of many, fewer draws are made (at least 50), so that a chance is told to a few per cent. A mean that is not above
    zero is never the best; where none is, all are as likely.
    """
    count = len(means)
    draws = int(np.clip(CELLS // max(count, 1), FEWEST_DRAWS, MOST_DRAWS))
    mean, spread = np.array(means, dtype=float), np.array(deviations, dtype=float)
    if not (mean > 0).any():
        return [1 / count] * count
    middle = np.where(mean > 0, np.log(np.where(mean > 0, mean, 1.0)) - spread**2 / 2, -np.inf)
    drawn = middle + spread * np.random.default_rng(seed).standard_normal((draws, count))
    return (np.bincount(drawn.argmax(axis=1), minlength=count) / draws).tolist()
