"""What the ads did: the outcomes that every other loop learns from."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from attribution.domain.outcomes import AdDayOutcomes
from attribution.selectors import ad_day_outcomes
from stratum.core.periods import Period

HISTORY_DAYS = 120
"""Older days would weigh less than 0.3 % with the beliefs' half-life of 14 days."""


def actuals(until: date) -> AdDayOutcomes:
    """The outcomes of the last 120 days up to `until`, of the current workspace."""
    return ad_day_outcomes(Period.last(HISTORY_DAYS, end=until))


def counted_sales(outcomes: AdDayOutcomes) -> NDArray[np.float64]:
    """Conversions a row. Where the source tells revenue but no conversions at all, a day with revenue counts as one."""
    told = bool(np.any(outcomes.conversions > 0))
    return outcomes.conversions if told else (outcomes.revenue > 0).astype(np.float64)
