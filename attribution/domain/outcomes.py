from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class AdDayOutcomes:
    """What ads did, a row for each ad and day. Equal lengths; money in major units of the workspace's currency."""

    ad_id: np.ndarray
    day: np.ndarray
    """Proleptic ordinals (`date.toordinal`)."""
    spend: np.ndarray
    impressions: np.ndarray
    clicks: np.ndarray
    frequency: np.ndarray
    """Impressions over people reached on that day; not a number where the platform told neither."""
    conversions: np.ndarray
    revenue: np.ndarray


@dataclass(frozen=True)
class RevenueEvents:
    """What came of clicks, a row for each lead and ad. Equal lengths; days as proleptic ordinals; value in major units, above zero."""

    ad_id: np.ndarray
    click_day: np.ndarray
    lead_day: np.ndarray
    value: np.ndarray
