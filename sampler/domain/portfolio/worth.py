"""What budgets are worth: each ad's revenue as a function of its budget, how sure that is, and what is drawn of it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio import clicks
from sampler.domain.portfolio.clicks import SLOPE, WEAR
from sampler.domain.portfolio.draws import normal_draws
from sampler.domain.portfolio.fatigue_price import left_after_wear
from sampler.domain.portfolio.memory import Memory
from sampler.domain.portfolio.outlook import Outlook, elasticity, expected_clicks

Array = NDArray[np.float64]
IN_COMMON, ALONE = 0.024, 0.7
"""Of the ads' mean variance, the part that all have in common, since a plan prefers those that are thought better than they are; less of it
where there is a single account to choose within."""


@dataclass(frozen=True)
class Worth:
    """log revenue = middle + exponent·(log budget - pivot), each (ads,). `variance` of middle as intervals have it, `stated` by the model.

    `mean` is the log of the expected revenue. What accounts and their ads are pulled to are means already, so that of all that is uncertain
    only what scatters around them is added: curves, and an ad's own conversions per click.

    `left`: the part of a marginal return that later clicks leave.
    """

    middle: Array
    mean: Array
    variance: Array
    stated: Array
    exponent: Array
    left: Array


@dataclass(frozen=True)
class Drawn:
    """log revenue at the usual spend as drawn, with the standard normal draw and the deviation it was drawn with; (ads,)."""

    log: Array
    draw: Array
    spread: Array


@dataclass(frozen=True)
class Forecast:
    """Expected revenue of budgets with its interval: of each ad (ads,), and of all together."""

    expected: Array
    low: Array
    high: Array
    total_expected: float
    total_low: float
    total_high: float


def worth_of(memory: Memory, outlook: Outlook, *, guarded: bool) -> Worth:
    """Unguarded, curves are trusted less far, and no price is put on fatigue since budgets may leave at once."""
    config, count = memory.config, len(outlook.pivot)
    most = config.most_elastic if guarded else config.most_elastic_unguarded
    exponent = elasticity(outlook, config.rate_saturation, most) if config.curvature else np.full(count, most)
    middle = expected_clicks(outlook) + outlook.rates.log + outlook.typical_value
    middle = middle + np.log(outlook.values.kept * outlook.weekday * outlook.season)
    row = clicks.design(np.zeros(count), outlook.frequency)
    of_clicks = clicks.variance_along(outlook.curves, row)
    stated = of_clicks + outlook.rates.variance + outlook.values.variance
    return Worth(
        middle=middle,
        mean=middle + (of_clicks + outlook.rates.scatter) / 2,
        variance=of_clicks + _unsure(memory, outlook) + outlook.values.variance + outlook.day_unsure,
        stated=stated,
        exponent=exponent,
        left=_left(memory, outlook, exponent) if guarded and config.fatigue_price else np.ones(count),
    )


def _unsure(memory: Memory, outlook: Outlook) -> Array:
    """The variance of log conversions per click as intervals have it: by what earlier forecasts missed."""
    ratio, restless = memory.width.fitted(memory.history_days, len(memory.accounts) - 1)
    return ratio * outlook.rates.variance + restless * outlook.rates.own_weight**2


def _left(memory: Memory, outlook: Outlook, exponent: Array) -> Array:
    state = outlook.curves.state
    return left_after_wear(
        state[:, WEAR],
        outlook.frequency,
        outlook.impressions,
        outlook.seen,
        exponent,
        state[:, SLOPE],
        weight=memory.config.fatigue_weight,
        life=memory.config.life,
    )


def drawn_worth(temperature: Array, worth: Worth, seed: int, day: int, ad_id: NDArray[np.int64]) -> Drawn:
    """Thompson's draw at a temperature T: lognormal around the same mean, with T of the deviation (Thompson 1933).

    Of the model's own deviation: how wide intervals have to be said does not change what is decided.
    """
    draw = normal_draws(seed, day, ad_id)
    spread = temperature * np.sqrt(worth.stated)
    return Drawn(worth.mean - spread**2 / 2 + spread * draw, draw, spread)


def forecast(memory: Memory, outlook: Outlook, worth: Worth, budget: Array) -> Forecast:
    """Zero for an ad without budget. The interval widens the further a budget is from the usual one."""
    away = np.clip(np.log(np.maximum(budget, 1e-12)) - outlook.pivot, -20, 20)
    middle = np.clip(worth.middle + worth.exponent * away, -600, 600)
    variance = worth.variance + outlook.curves.spread[:, SLOPE, SLOPE] * np.clip(away, -3, 3) ** 2
    deviations = NormalDist().inv_cdf(0.5 + memory.config.coverage / 2)
    spends, reach = budget > 0, deviations * np.sqrt(variance)
    expected = np.where(spends, np.exp(middle + np.minimum(worth.mean - worth.middle, 2)), 0.0)
    total = float(expected.sum())
    factor = float(np.exp(deviations * _total_deviation(memory, outlook, expected, variance) / max(total, 1e-300)))
    low, high = (np.where(spends, np.exp(middle + side * reach), 0.0) for side in (-1, 1))
    return Forecast(expected, low, high, total, total / factor, total * factor)


def _total_deviation(memory: Memory, outlook: Outlook, expected: Array, variance: Array) -> float:
    """Of the sum: ads by themselves, by account what they have in common (promise, delays, value, season), and a part that all share."""
    alone = float((expected**2 * np.expm1(np.minimum(variance - outlook.day_unsure, 4))).sum())
    if memory.rate_prior is None:
        return float(np.sqrt(alone + expected.sum() ** 2 * 0.25))
    accounts, own = memory.accounts, memory.rate_prior.own
    account = np.where(outlook.account < len(own), outlook.account, 0)
    promised = np.bincount(account, expected * (1 - outlook.rates.own_weight), len(own)) ** 2 / own
    shared = accounts["delay_unsure"] + accounts["value_unsure"]
    of_account = np.bincount(outlook.account, expected, len(accounts))
    together = of_account**2 * shared + of_account * np.bincount(
        outlook.account, expected * outlook.day_unsure, len(accounts)
    )
    return float(np.sqrt(alone + promised.sum() + together.sum() + _in_common(memory, expected, variance)))


def _in_common(memory: Memory, expected: Array, variance: Array) -> float:
    part = IN_COMMON * (1 - ALONE / max(len(memory.accounts) - 1, 1))
    return part * float((expected * variance).sum() * expected.sum())
