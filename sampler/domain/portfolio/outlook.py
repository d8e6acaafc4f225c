"""What is expected of each ad that may spend: known ads from what they did, new ones from what their like did."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio import clicks, conversions, order_value
from sampler.domain.portfolio.clicks import LEVEL, SLOPE, WEAR, Curves
from sampler.domain.portfolio.memory import Memory
from sampler.domain.portfolio.order_value import AdValues
from sampler.domain.portfolio.rows import CheckedRows
from sampler.domain.portfolio.special import digamma_and_trigamma
from sampler.domain.portfolio.telling import level_promise

Array = NDArray[np.float64]
Slots = NDArray[np.int64]


@dataclass(frozen=True)
class Rates:
    """Log conversions per click (ads,), its variance as stated, what the ad's own part in it is, and the factor of the boost."""

    log: Array
    variance: Array
    own_weight: Array
    boost: Array


@dataclass(frozen=True)
class Outlook:
    """(ads,) each. `pivot` is the log of the usual spend, `seen` the impressions that are remembered."""

    slot: Slots
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
    weekday: Array
    weekday_clicks: Array


def outlook_of(memory: Memory, day: int, rows: CheckedRows) -> Outlook:
    ads, accounts = memory.ads, memory.accounts
    slot = ads.find(rows.ad_id)
    known = slot >= 0
    every = bool(known.all())
    account = memory.account_slots(rows.account_id) if not every else ads["account"][slot]
    account = np.where(known, ads["account"][slot], account) if len(ads) else account
    begun = known & ads["begun"][slot] if len(ads) else known
    features = np.empty((len(rows), 0)) if begun.all() else _features(memory, rows, slot)
    level, spread, pivot = _curves(memory, day, slot, account, begun, features)
    rate = _rates(memory, slot, account, known, features, rows.log_boost)
    of = (
        accounts["log_value"][account],
        accounts["value_unsure"][account] + order_value.AD_SPREAD_START**2,
        accounts["kept"][account],
    )
    values = AdValues(*(_known(ads, name, slot, known, start) for name, start in zip(("log_value", "log_value_variance", "kept"), of, strict=True)))  # fmt: skip
    frequency = _known(ads, "frequency", slot, known, 0.0) if rows.frequency is None else rows.frequency
    return Outlook(
        slot=slot,
        account=account,
        begun=begun,
        curves=Curves(level, spread),
        pivot=pivot,
        frequency=frequency,
        impressions=_known(ads, "impressions", slot, known, 0.0),
        seen=_known(ads, "seen", slot, known, 0.0),
        rates=rate,
        values=values,
        typical_value=values.log_mean + accounts["tail"][account],
        weekday=accounts["weekday"][account, day % 7],
        weekday_clicks=accounts["weekday_clicks"][account, day % 7],
    )


def _known(ads: object, name: str, slot: Slots, known: NDArray[np.bool_], start: Array | float) -> Array:
    return np.where(known, ads[name][slot], start) if len(ads) else np.broadcast_to(start, slot.shape).astype(float)


def _features(memory: Memory, rows: CheckedRows, slot: Slots) -> Array:
    """The creative features of the rows; those remembered where the rows have no vectors."""
    if "vector" not in memory.ads.columns:
        return np.empty((len(rows), 0))
    if rows.vector is not None:
        return memory.features(memory.projected(rows.vector))
    return np.where((slot >= 0)[:, None], memory.own_features()[slot], 0.0)


def _curves(
    memory: Memory, day: int, slot: Slots, account: Slots, begun: NDArray[np.bool_], features: Array
) -> tuple[Array, Array, Array]:
    reference = 0.0 if memory.reference is None else memory.reference
    ads, count = memory.ads, len(slot)
    if begun.all() and count:
        level, spread, pivot = ads["level"][slot], ads["spread"][slot], ads["pivot"][slot]
    else:
        promise, variance = level_promise(memory, account, features)
        new = clicks.new_curves(promise, variance, memory.slope, memory.wear)
        level, spread, pivot = new.state, new.spread, np.full(count, reference)
        old = slot[begun]
        if len(old):
            level[begun], spread[begun], pivot[begun] = ads["level"][old], ads["spread"][old], ads["pivot"][old]
    days = np.where(begun, np.clip(day - (ads["last_day"][slot] if len(ads) else 0), 0, 60), 0)
    return (
        level,
        clicks.drifted(Curves(level, spread), days, memory.noise.drift, memory.config.slope_drift).spread,
        pivot,
    )


def _rates(
    memory: Memory, slot: Slots, account: Slots, known: NDArray[np.bool_], features: Array, boost: Array | None
) -> Rates:
    """A boost shifts what is promised: it fades as the ad's own conversions come in."""
    ads, shape = memory.ads, memory.shape
    if not known.all():
        promise, unsure = _rate_promise(memory, account, features)
    else:
        promise, unsure = 0.0, 0.0
    prior_rate = _known(ads, "prior_rate", slot, known, promise)
    exposure = _known(ads, "exposure", slot, known, 0.0)
    digamma, trigamma = digamma_and_trigamma(np.array([shape]))
    pseudo = shape / prior_rate
    log = _known(ads, "rate_log", slot, known, digamma - np.log(pseudo))
    variance = _known(ads, "rate_variance", slot, known, trigamma + unsure + memory.accounts["delay_unsure"][account])
    factor = np.ones(len(slot))
    if boost is not None:
        factor = (pseudo + exposure) / (pseudo * np.exp(-np.clip(boost, -5, 5)) + exposure)
    return Rates(log + np.log(factor), variance, exposure / (exposure + pseudo), factor)


def _rate_promise(memory: Memory, account: Slots, features: Array) -> tuple[Array, Array]:
    prior = memory.rate_prior
    if prior is None:
        return np.full(len(account), conversions.RATE_START), np.ones(len(account))
    told = np.zeros((len(account), len(prior.feature)))
    told[:, : features.shape[1]] = features[:, : told.shape[1]]
    mean = np.clip(prior.mean(account, told), conversions.LEAST_LOG, conversions.MOST_LOG)
    return np.exp(mean), prior.variance(account, told)


def expected_clicks(outlook: Outlook) -> Array:
    """Log clicks at the usual spend, today's weekday and frequency included."""
    state = outlook.curves.state
    worn = state[:, WEAR] * clicks.weariness(outlook.frequency)
    return np.clip(state[:, LEVEL] - worn + outlook.weekday_clicks, -30, 40)


def elasticity(outlook: Outlook, saturation: float, most: float) -> Array:
    return np.clip(outlook.curves.state[:, SLOPE] - saturation, 0.2, most)
