"""When people are there: the share of a day in each local hour, and the week's rhythm."""

from __future__ import annotations

import numpy as np

_HOURS = np.array(
    [
        1.6,
        1.0,
        0.7,
        0.5,
        0.5,
        0.8,
        1.8,
        3.2,
        4.4,
        5.0,
        5.2,
        5.3,
        5.6,
        5.4,
        5.2,
        5.1,
        5.2,
        5.4,
        5.8,
        6.6,
        7.4,
        7.2,
        5.4,
        3.2,
    ]
)
HOUR_SHARE = _HOURS / _HOURS.sum()

# Monday to Sunday: price of a thousand impressions, and readiness to become a lead.
WEEKDAY_CPM = np.array([1.00, 0.98, 1.00, 1.03, 1.06, 0.97, 0.94])
WEEKDAY_LEADS = np.array([1.10, 1.08, 1.06, 1.02, 0.96, 0.86, 0.92])
