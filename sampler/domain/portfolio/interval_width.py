"""How far true returns stray from what was said, learnt by holding earlier forecasts against the conversions that came.

Every week the engine writes down what it expects of a click of each ad, and how sure it is. When that week's conversions have had time to
come, what they stray beyond counting noise is compared with what was said; intervals widen or narrow by the ratio.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BLOCK_DAYS, BLOCKS, WAIT_BLOCKS = 7, 5, 4
"""A week's forecast is judged four weeks after it was made; five are on their way."""
START, START_WEIGHT, KEPT = 1.95, 100.0, 0.95
"""The start is the ratio at which, on seeds 100–102 of ten kinds of market, 77 to 83 % of the 80 % intervals held in each."""
FEW = 5.0
"""Conversions' worth of pull of an account's bias to none."""
NARROWEST, WIDEST = 1.0, 6.0


@dataclass(frozen=True)
class Width:
    """`seen` over `said`: variance of log conversions per click around the forecast, as it was and as it was stated."""

    seen: float = START * START_WEIGHT
    said: float = START_WEIGHT

    @property
    def ratio(self) -> float:
        """What the stated variance is multiplied with."""
        return float(np.clip(self.seen / self.said, NARROWEST, WIDEST))


def relearned(width: Width, account: NDArray[np.int64], came: Array, promised: Array, variance: Array) -> Width:
    """With one more week judged. `came` conversions and `promised` ones (ads,), `variance` of the log of the promise as stated.

    E[(came - promised)²] = counting noise + promised²·true variance, the noise being that of the conversions that an account's ads
    had in truth. Weighted by one over the squared variance of a row, 2(m + m²v)².
    """
    told = promised > 0.05
    account, came, promised = account[told], came[told], promised[told]
    stated = promised**2 * variance[told]
    bias = (np.bincount(account, came) + FEW) / (np.bincount(account, promised) + FEW)
    weight = 1.0 / (promised + stated) ** 2
    extra = np.minimum((came - promised) ** 2, 100 * (promised + stated)) - promised * bias[account]
    seen = KEPT * (width.seen - START * START_WEIGHT) + float((weight * extra * stated).sum())
    said = KEPT * (width.said - START_WEIGHT) + float((weight * stated * stated).sum())
    return Width(START * START_WEIGHT + seen, START_WEIGHT + said)
