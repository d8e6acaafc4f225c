"""How far an account's return strays from what its past promised: what no count of clicks and sales can tell.

Posterior draws know how well today's rates are known, not that next week's will differ. Each past day is predicted from the
days before it, the way beliefs predict, and the spread of log(actual / predicted) widens every interval.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sampler.domain.belief import HALF_LIFE_DAYS, weight

UNKNOWN = 0.30
"""Spread taken where fewer than FEWEST days can be compared: the middle of the accounts looked at."""
FEWEST = 7
WIDEST = 1.5


def return_spread(spend: NDArray[np.float64], revenue: NDArray[np.float64], half_life: float = HALF_LIFE_DAYS) -> float:
    """Root mean square of log(actual / predicted return) over consecutive days, oldest first; between 0 and WIDEST.

    The first week only predicts. Days without spend or revenue are not compared.
    """
    kept, past_spend, past_revenue, errors = weight(1, half_life), 0.0, 0.0, []
    for day, (spent, earned) in enumerate(zip(spend, revenue, strict=True)):
        if day >= FEWEST and min(spent, earned, past_spend, past_revenue) > 0:
            errors.append(np.log(earned / spent) - np.log(past_revenue / past_spend))
        past_spend, past_revenue = kept * past_spend + spent, kept * past_revenue + earned
    if len(errors) < FEWEST:
        return UNKNOWN
    return float(min(np.sqrt(np.mean(np.square(errors))), WIDEST))


def shared_shocks(spread: float, draws: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """One factor a draw for the whole account, lognormal with mean one: good days are good for all of its ads."""
    return np.exp(spread * rng.standard_normal(draws) - spread**2 / 2)
