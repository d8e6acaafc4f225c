"""What today's impressions cost tomorrow: an audience that has seen an ad more often clicks less."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio.clicks import wearing

Array = NDArray[np.float64]
MEMORY_DAYS = 20.0
"""Half-life of the impressions that frequency is taken to count."""
LEAST_LEFT = 0.3


def remembered(impressions: Array, days: Array | float) -> Array:
    return impressions * 0.5 ** (np.minimum(days, 1e4) / MEMORY_DAYS)


def left_after_wear(
    wear: Array,
    frequency: Array,
    impressions: Array,
    seen: Array,
    elasticity: Array,
    slope: Array,
    *,
    weight: float,
    life: float,
) -> Array:
    """The part of an ad's marginal return that is left when later clicks are counted in, between 0.3 and 1; (ads,).

    Today's impressions m raise the frequency of an audience of seen/frequency people by m/audience, which costs wear·m/audience of
    each later day's clicks for as long as both the memory and the ad last: H = d/(1 - d·l) days with d, l what a day leaves of them.
    `seen` are the remembered impressions.
    """
    daily, lasting = 0.5 ** (1 / MEMORY_DAYS), 1 - 1 / life
    horizon = lasting / (1 - lasting * daily)
    rise = np.where(seen > 0, frequency * impressions / np.maximum(seen, 1e-9), 0.0)
    cost = weight * np.clip(wear, 0, 0.5) * wearing(frequency) * np.minimum(rise, 5.0) * horizon * slope / elasticity
    return np.clip(1 - cost, LEAST_LEFT, 1.0)
