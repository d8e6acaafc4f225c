"""Which ads are too new to be judged by what they did."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio.memory import Memory

Array = NDArray[np.float64]
KNOWN = 0.5
"""From this part on an ad's conversions per click come from its own rather than from its like."""


def learning_until(memory: Memory, ad_id: NDArray[np.int64], account_id: NDArray[np.int64], days: float) -> Array:
    """The day from which on each ad is no longer new, (ads,): infinite of one never told of, minus infinite of one that is not new.

    New is what began less than `days` ago and after its account was first told of: nobody knows how long the ads of an account's first
    day had been running. What its own clicks and conversions tell most of is not new any more.
    """
    ads, slot, account = memory.ads, memory.ads.find(ad_id), memory.accounts.find(account_id)
    told = slot >= 0
    began, own = np.full(len(slot), np.inf), np.zeros(len(slot))
    began[told] = ads["first_day"][slot[told]]
    exposure = ads["exposure"][slot[told]]
    own[told] = exposure / (exposure + memory.shape / ads["prior_rate"][slot[told]])
    first = np.full(len(memory.accounts) + 1, np.inf)
    np.minimum.at(first, ads["account"], ads["first_day"])
    is_new = (began > first[account]) & (own < KNOWN) & (days > 0)
    return np.where(is_new, began + days, -np.inf)
