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
    """What came of clicks, a row for each lead and ad. Equal lengths; days as proleptic ordinals; money in major units.

    `value`: what the lead would bring if it was won, above zero. `lost`: the part of it that is not expected any more, by its stage; all
    of it once the lead is lost. So leads count, and are compared in worth, alike at any age; what is expected of them is value - lost.
    """

    ad_id: np.ndarray
    click_day: np.ndarray
    lead_day: np.ndarray
    value: np.ndarray
    lost: np.ndarray
