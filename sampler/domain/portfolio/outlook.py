"""What is expected of each ad that may spend: known ads from what they did, new ones from what their like did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio import clicks, conversions, order_value
from sampler.domain.portfolio.clicks import LEVEL, SLOPE, WEAR, Curves
from sampler.domain.portfolio.columns import LONG_AGO
from sampler.domain.portfolio.fatigue_price import remembered
from sampler.domain.portfolio.memory import Memory
from sampler.domain.portfolio.order_value import AdValues
from sampler.domain.portfolio.row_checks import CheckedRows
from sampler.domain.portfolio.special import digamma_and_trigamma
from sampler.domain.portfolio.table import Table
from sampler.domain.portfolio.telling import level_promise

Array = NDArray[np.float64]
Slots = NDArray[np.int64]


@dataclass(frozen=True)
class Found:
    """Where the rows' ads are in the memory: `slot` (ads,), -1 where an ad is new."""

    ads: Table
    slot: Slots
    known: NDArray[np.bool_]
    every: bool

    def told(self, name: str, start: Array | float) -> Array:
        """What is remembered of each ad, `start` of new ones."""
        if self.every:
            return self.ads[name][self.slot]
        values = np.array(np.broadcast_to(start, self.slot.shape))
        values[self.known] = self.ads[name][self.slot[self.known]]
        return values


@dataclass(frozen=True)
class Rates:
    """Log conversions per click (ads,), its variance as stated, the part of it that is the ad's own scatter, what the ad's own part in the
    estimate is, and the factor of the boost."""

    log: Array
    variance: Array
    scatter: Array
    own_weight: Array
    boost: Array


@dataclass(frozen=True)
class Outlook:
    """(ads,) each. `pivot` is the log of the usual spend, `seen` the impressions that are remembered."""

    account: Slots
    begun: NDArray[np.bool_]
    curves: Curves
    pivot: Array
    frequency: Array
    impressions: Array
    seen: Array
    rates: Rates
    values: AdValues
    typical_value: Array
    value_spread: Array
    weekday: Array
    season: Array
    day_unsure: Array
    """The variance of the log of demand and weekday, which all ads of an account share."""
    weekday_clicks: Array
    broke: Slots
    broke_value: Slots


def outlook_of(memory: Memory, day: int, rows: CheckedRows) -> Outlook:
    accounts, slot = memory.accounts, memory.ads.find(rows.ad_id)
    known = slot >= 0
    found = Found(memory.ads, slot, known, bool(known.all()))
    account = found.told("account", 0 if found.every else memory.account_slots(rows.account_id))
    begun = found.told("begun", False)
    features = np.empty((len(rows), 0)) if begun.all() else _features(memory, rows, found)
    today = 0 if memory.today is None else memory.today
    away = today - found.told("last_day", today)
    curves, pivot = _curves(memory, day, found, begun, account, features)
    values = AdValues(
        found.told("log_value", accounts["log_value"][account]),
        found.told("log_value_variance", accounts["value_unsure"][account] + order_value.AD_SPREAD_START**2),
        found.told("kept", accounts["kept"][account]),
    )
    return Outlook(
        account=account,
        begun=begun,
        curves=curves,
        pivot=pivot,
        frequency=remembered(found.told("frequency", 0.0), away) if rows.frequency is None else rows.frequency,
        impressions=found.told("impressions", 0.0),
        seen=remembered(found.told("seen", 0.0), away),
        rates=_rates(memory, found, account, features, rows.log_boost),
        values=values,
        typical_value=values.log_mean + accounts["tail"][account],
        value_spread=np.sqrt(accounts["log_value_variance"][account]),
        weekday=accounts["weekday"][account, day % 7],
        season=accounts["demand_next"][account],
        day_unsure=(accounts["demand_unsure"] + accounts["weekday_unsure"][:, day % 7])[account],
        weekday_clicks=accounts["weekday_clicks"][account, day % 7],
        broke=found.told("broke", LONG_AGO),
        broke_value=found.told("broke_value", LONG_AGO),
    )


def _features(memory: Memory, rows: CheckedRows, found: Found) -> Array:
    """The creative features of the rows; those remembered where the rows have no vectors."""
    if rows.vector is not None and memory.dimensions:
        return memory.features(memory.projected(rows.vector))
    own = memory.own_features()
    features = np.zeros((len(rows), own.shape[1]))
    features[found.known] = own[found.slot[found.known]]
    return features


def _curves(
    memory: Memory, day: int, found: Found, begun: NDArray[np.bool_], account: Slots, features: Array
) -> tuple[Curves, Array]:
    """As they will be on `day`, with their pivots; those of ads that never spent are what their like promise."""
    config, ads = memory.config, memory.ads
    old = found.slot[begun]
    days = np.clip(day - ads["last_day"][old], 0, 60).astype(float)
    remembered = clicks.drifted(
        Curves(ads["level"][old], ads["spread"][old]), days, memory.noise.drift, config.slope_drift
    )
    if begun.all():
        return remembered, ads["pivot"][old]
    promise, variance = level_promise(memory, account, features)
    curves = clicks.new_curves(promise, variance, memory.slope, memory.wear)
    pivot = np.full(len(begun), 0.0 if memory.reference is None else memory.reference)
    curves.state[begun], curves.spread[begun], pivot[begun] = remembered.state, remembered.spread, ads["pivot"][old]
    return curves, pivot


def _rates(memory: Memory, found: Found, account: Slots, features: Array, boost: Array | None) -> Rates:
    """A boost shifts what is promised: it fades as the ad's own conversions come in."""
    promise, promise_log, promise_variance, promise_scatter = (
        (0.0, 0.0, 0.0, 0.0) if found.every else _rate_promise(memory, account, features)
    )
    exposure = found.told("exposure", 0.0)
    pseudo = memory.shape / found.told("prior_rate", promise)
    factor = np.ones(len(exposure))
    if boost is not None:
        factor = (pseudo + exposure) / (pseudo * np.exp(-np.clip(boost, -5, 5)) + exposure)
    return Rates(
        found.told("rate_log", promise_log) + np.log(factor),
        found.told("rate_variance", promise_variance),
        found.told("rate_scatter", promise_scatter),
        exposure / (exposure + pseudo),
        factor,
    )


def _rate_promise(memory: Memory, account: Slots, features: Array) -> tuple[Array, Array, Array, Array]:
    """What account and creative promise of a click: conversions, the mean of their logarithm, its variance, and how much of it is scatter."""
    prior = memory.rate_prior
    if prior is None:
        rate, unsure = np.full(len(account), conversions.RATE_START), np.ones(len(account))
    else:
        told = np.zeros((len(account), len(prior.feature)))
        told[:, : features.shape[1]] = features[:, : told.shape[1]]
        rate = np.exp(np.clip(prior.mean(account, told), conversions.LEAST_LOG, conversions.MOST_LOG))
        unsure = prior.variance(account, told) + memory.accounts["delay_unsure"][account]
    digamma, trigamma = digamma_and_trigamma(np.array([memory.shape]))
    return rate, digamma - np.log(memory.shape / rate), trigamma + unsure, np.full(len(account), trigamma[0])


def expected_clicks(outlook: Outlook) -> Array:
    """Log clicks at the usual spend, today's weekday and frequency included."""
    state = outlook.curves.state
    worn = state[:, WEAR] * clicks.weariness(outlook.frequency)
    return np.clip(state[:, LEVEL] - worn + outlook.weekday_clicks, -30, 40)


def elasticity(outlook: Outlook, saturation: float, most: float) -> Array:
    return np.clip(outlook.curves.state[:, SLOPE] - saturation, 0.2, most)
