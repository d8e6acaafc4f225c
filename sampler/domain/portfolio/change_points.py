"""Days on which an account's clicks broke with their past: a platform that changed, not one ad's luck."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SHIFT_ALARM, SCATTER_ALARM = 4.0, 5.0
LEVEL_UNCERTAINTY = 0.15
"""Variance added to each level of the account."""
KEPT_WEIGHT = 0.5
"""What is left of the weight of conversions from before."""
FEWEST_ADS = 4


def broken_accounts(account: NDArray[np.int64], standardised: Array, accounts: int) -> NDArray[np.bool_]:
    """(accounts,): where n errors of unit variance have |Σz| > 4√n, or Σz² > n + 5√(2n), the normal limits of their sums."""
    count = np.bincount(account, minlength=accounts)
    shift = np.bincount(account, standardised, accounts)
    scatter = np.bincount(account, standardised**2, accounts)
    return (count >= FEWEST_ADS) & (
        (np.abs(shift) > SHIFT_ALARM * np.sqrt(count)) | (scatter > count + SCATTER_ALARM * np.sqrt(2 * count))
    )
