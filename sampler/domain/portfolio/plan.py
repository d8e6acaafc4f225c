"""A day's budgets with all that explains them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Parts:
    """What an ad's revenue is made of, each (ads,). At a budget s that is the usual one,

    revenue = clicks · conversions_per_click · value_per_conversion · kept · weekday · season.
    """

    clicks: Array
    """Expected at the ad's usual spend, fatigue and the weekday's clicks included."""
    usual_spend: Array
    conversions_per_click: Array
    value_per_conversion: Array
    value_spread: Array
    """Standard deviation of the log of a conversion's value, in the ad's account."""
    kept: Array
    """The part of revenue that refunds leave."""
    weekday: Array
    season: Array
    """How the account's clicks have converted lately, over what its ads' own pasts say."""
    fatigue: Array
    """The part of clicks that is left at today's frequency."""
    fatigue_price: Array
    """The part of the marginal return that is left when later clicks are counted in."""
    boost: Array
    """The factor on conversions per click that a `log_boost` still has, after the ad's own conversions."""
    own_weight: Array
    """How much of conversions per click comes from the ad's own, 0 to 1; the rest is what its like have taught."""


@dataclass(frozen=True)
class Plan:
    """All arrays (ads,), in the order of the rows that were asked for; money in the currency of the rows.

    `expected`, `low`, `high`: the ad's expected revenue at its budget on `day`, with the interval that holds it four times in five.
    """

    day: int
    total: float
    ad_id: NDArray[np.int64]
    budget: Array
    expected: Array
    low: Array
    high: Array
    least: Array
    most: Array
    """What the limits allowed."""
    theta: Array
    """The revenue drawn for the ad at its usual spend: expected·exp(temperature·deviation·draw)."""
    elasticity: Array
    """By how many per cent revenue grows with one per cent of budget."""
    marginal: Array
    """What the next unit of budget is expected to return, later clicks counted in."""
    price: float
    """λ: what one more unit of the total would return, as drawn."""
    explored: float
    """The part of the total that lies elsewhere than without the draws."""
    draw: Array
    """Standard normal draws, from (seed, day, ad) alone."""
    draw_spread: Array
    """Standard deviation of log theta that was drawn with: the propensity of the draw is its normal density."""
    variance: Array
    """Of log revenue at the usual spend, as the intervals have it."""
    stated: Array
    """The same as the model states it: intervals of single ads are wider, by what earlier ones missed."""
    slope_deviation: Array
    """Standard deviation of the elasticity."""
    parts: Parts
    total_expected: float
    total_low: float
    total_high: float
    broke: NDArray[np.int64]
    """The first click day since an ad's conversions a click broke with their past, and since what they are worth did; long ago for most."""
    broke_value: NDArray[np.int64]
    alarmed_ads: NDArray[np.int64]
    """Whose conversions or order values broke with their past, as the last day showed."""
    alarmed_accounts: NDArray[np.int64]
    """Accounts whose clicks broke with their past on the last day told of."""
    findings: tuple[str, ...]
