"""What an account's ads have in common, by empirical Bayes: the start of a new ad, and the pull on one with little evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampler.domain.belief import Belief

FEWEST_PSEUDO_EVENTS, MOST_PSEUDO_EVENTS = 0.5, 50.0
DEFAULT_CLICK_RATE = 0.01
DEFAULT_VALUE_SPREAD = 1.0


@dataclass(frozen=True)
class Rate:
    """A Gamma prior over events per unit of exposure: `events` pseudo-events seen in `exposure`."""

    events: float
    exposure: float

    @property
    def mean(self) -> float:
        return self.events / self.exposure


@dataclass(frozen=True)
class AccountPrior:
    """`order_value` in major units; `value_weight` in conversions; `value_spread` is an order value's deviation over its mean."""

    clicks_per_impression: Rate
    clicks_per_spend: Rate
    conversions_per_click: Rate
    order_value: float
    value_weight: float
    value_spread: float

    @property
    def value_per_click(self) -> float:
        return self.conversions_per_click.mean * self.order_value


def gamma_prior(events: NDArray[np.float64], exposure: NDArray[np.float64], *, default_mean: float) -> Rate:
    """The Gamma prior of Poisson rates by the method of moments (Kleinman 1973, weights = exposures).

    `events` and `exposure` per ad; ads without exposure do not speak. Without exposure at all: one pseudo-event at `default_mean`.
    """
    told = exposure > 0
    events, exposure = np.maximum(events[told], 0.0), exposure[told]
    total = float(exposure.sum())
    if total <= 0:
        return Rate(1.0, 1.0 / default_mean)
    mean = max(float(events.sum()), 0.5) / total
    among = float((exposure * (events / exposure - mean) ** 2).sum()) - (len(exposure) - 1) * mean
    room = total - float((exposure**2).sum()) / total
    variance = among / room if room > 0 else 0.0
    shape = mean**2 / variance if variance > 0 else MOST_PSEUDO_EVENTS
    shape = float(np.clip(shape, FEWEST_PSEUDO_EVENTS, MOST_PSEUDO_EVENTS))
    return Rate(shape, shape / mean)


def account_prior(beliefs: Sequence[Belief]) -> AccountPrior:
    """The prior that an account's beliefs tell together. Works for none: then it says little and expects nothing."""
    column = {
        name: np.array([getattr(belief, name) for belief in beliefs], dtype=np.float64)
        for name in Belief.__dataclass_fields__
    }
    conversions, revenue = np.maximum(column["conversions"], 0.0), column["revenue"]
    sold = float(conversions.sum())
    order_value = max(float(revenue.sum()) / sold, 0.0) if sold > 0 else 0.0
    return AccountPrior(
        clicks_per_impression=gamma_prior(column["clicks"], column["impressions"], default_mean=DEFAULT_CLICK_RATE),
        clicks_per_spend=gamma_prior(column["clicks"], column["spend"], default_mean=1.0),
        conversions_per_click=gamma_prior(conversions, column["clicks"], default_mean=0.01),
        order_value=order_value,
        value_weight=5.0,
        value_spread=_value_spread(conversions, revenue, column["value_scatter"], column["selling_days"], order_value),
    )


def _value_spread(
    conversions: NDArray[np.float64],
    revenue: NDArray[np.float64],
    scatter: NDArray[np.float64],
    days: NDArray[np.float64],
    order_value: float,
) -> float:
    """A day's revenue R of n orders has variance n·σ², so Σ (R - n·v)²/n = scatter - revenue²/conversions estimates σ² a selling day."""
    sold = conversions > 0
    within = float((scatter[sold] - revenue[sold] ** 2 / conversions[sold]).sum())
    freedom = float(days[sold].sum()) - int(sold.sum())
    if freedom < 3 or order_value <= 0:
        return DEFAULT_VALUE_SPREAD
    return float(np.clip(np.sqrt(max(within, 0.0) / freedom) / order_value, 0.1, 3.0))
