"""What the figures of a day change in the memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio import change_points, clicks, creative_prior, fatigue_price, noise, weekday
from sampler.domain.portfolio.clicks import LEVEL, SLOPE, Curves
from sampler.domain.portfolio.memory import Memory
from sampler.domain.portfolio.row_checks import CheckedRows

Slots = NDArray[np.int64]
WITHOUT_CLICKS = 1e-6
"""What a day that was told of without clicks is remembered as: its conversions count, those of a day that nobody told of do not."""


def tell_rows(memory: Memory, day: int, rows: CheckedRows) -> None:
    """The figures of `day`, sorted by ad. Those of an earlier day only correct how many clicks conversions are waited for."""
    order = np.argsort(rows.ad_id)
    ids = rows.ad_id[order]
    memory.add_accounts(rows.account_id)
    known = memory.ads.find(ids)
    if (known < 0).any():
        new = memory.ads.add(ids[known < 0])
        memory.ads["first_day"][new] = day
        known = memory.ads.find(ids)
    ads = memory.ads
    ads["account"][known] = memory.account_slots(rows.account_id[order])
    if rows.vector is not None:
        memory.keep_vectors(rows.vector.shape[1])
        given = ~np.isnan(rows.vector[order][:, :1]).any(axis=1)
        ads["vector"][known[given]] = memory.projected(rows.vector[order][given])
    if memory.today - day <= memory.config.horizon:
        ads["clicks"][known, day % (memory.config.horizon + 1)] = np.maximum(rows.clicks[order], WITHOUT_CLICKS)
    if day < memory.today:
        ads["last_day"][known] = np.maximum(ads["last_day"][known], day)
        return
    first = _open_ads(memory, known, day)
    ads["impressions"][known] = rows.impressions[order]
    ads["seen"][known] = ads["open_seen"][known] + rows.impressions[order]
    ads["frequency"][known] = 0.0 if rows.frequency is None else np.nan_to_num(rows.frequency[order])
    spent = rows.spend[order] > clicks.SMALLEST_SPEND
    _learn_clicks(memory, known[spent], rows.spend[order][spent], rows.clicks[order][spent], first[spent], day)


def _open_ads(memory: Memory, known: Slots, day: int) -> NDArray[np.bool_]:
    """Keeps what was believed before the day, so that figures told again replace those told before. True where it is the first time."""
    ads, config = memory.ads, memory.config
    first = ads["last_day"][known] != day
    new = known[first]
    days = np.minimum(day - ads["last_day"][new], 60).astype(float)
    shift = clicks.PIVOT_SPEED * (ads["log_spend"][new] - ads["pivot"][new])
    older = clicks.moved_pivot(Curves(ads["level"][new], ads["spread"][new]), shift, config.bend)
    older = clicks.drifted(older, days, memory.noise.drift, config.slope_drift)
    ads["open_pivot"][new] = ads["pivot"][new] + shift
    ads["open_level"][new], ads["open_spread"][new] = older.state, older.spread
    ads["open_frequency"][new] = fatigue_price.remembered(ads["frequency"][new], days - 1)
    ads["open_seen"][new] = fatigue_price.remembered(ads["seen"][new], days)
    ads["last_day"][new] = day
    return first


def _learn_clicks(
    memory: Memory, slots: Slots, spend: np.ndarray, count: np.ndarray, first: NDArray[np.bool_], day: int
) -> None:
    ads, accounts, config = memory.ads, memory.accounts, memory.config
    if not len(slots):
        return
    log_spend = np.log(spend)
    if memory.reference is None:
        memory.reference = float(np.median(log_spend))
        memory.level_start = float(np.log((count.sum() + 1) / len(slots)))
        memory.level_prior = creative_prior.empty(1, 0, memory.level_start)
    begin_curves(memory, slots[~ads["begun"][slots]])
    account = ads["account"][slots]
    curves = Curves(ads["open_level"][slots], ads["open_spread"][slots])
    away = log_spend - ads["open_pivot"][slots]
    row = clicks.design(away, ads["open_frequency"][slots])
    offset = -clicks.bending(curves.state[:, SLOPE], config.bend) / 2 * np.clip(away, -1, 1) ** 2
    if config.weekday:
        offset = offset + accounts["weekday_clicks"][account, day % 7]
    surprise = clicks.surprised(curves, row, offset, count, memory.noise.variance)
    broken = _alarm(memory, account, surprise.standardised, day)[account]
    if broken.any():
        curves.spread[broken, LEVEL, LEVEL] += change_points.LEVEL_UNCERTAINTY
        surprise = clicks.surprised(curves, row, offset, count, memory.noise.variance)
    learned = clicks.learned(curves, row, surprise)
    ads["level"][slots], ads["spread"][slots] = learned.state, learned.spread
    ads["pivot"][slots], ads["log_spend"][slots] = ads["open_pivot"][slots], log_spend
    _learn_noise(memory, slots, surprise, first & ~broken, account, day)


def begin_curves(memory: Memory, new: Slots) -> None:
    """Ads that spend for the first time start with what account and creative promise."""
    ads = memory.ads
    if not len(new):
        return
    account, features = ads["account"][new], memory.own_features()[new]
    level, variance = level_promise(memory, account, features)
    curves = clicks.new_curves(level, variance, memory.slope, memory.wear)
    for name in ("open_level", "level"):
        ads[name][new] = curves.state
    for name in ("open_spread", "spread"):
        ads[name][new] = curves.spread
    for name in ("open_pivot", "pivot", "log_spend"):
        ads[name][new] = memory.reference
    ads["begun"][new] = True


def level_promise(memory: Memory, account: Slots, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    prior = memory.level_prior
    features = features[:, : len(prior.feature)] if len(prior.feature) else features[:, :0]
    return prior.mean(account, features), memory.level_variance + prior.variance(account, features)


def _alarm(memory: Memory, account: Slots, standardised: np.ndarray, day: int) -> NDArray[np.bool_]:
    accounts = memory.accounts
    if not memory.config.change_detection:
        return np.zeros(len(accounts), dtype=bool)
    broken = change_points.broken_accounts(account, standardised, len(accounts))
    again = broken & (accounts["alarm_day"] != day)
    accounts["cohort_weight"][again] *= change_points.KEPT_WEIGHT
    accounts["cohort_weight"][again, day % (memory.config.horizon + 1)] = 1.0
    kept = np.where(again, change_points.KEPT_WEIGHT, 1.0)[memory.ads["account"]]
    memory.ads["old_came"] *= kept
    memory.ads["old_exposure"] *= kept
    accounts["alarm_day"][again] = day
    return broken


def _learn_noise(
    memory: Memory, slots: Slots, surprise: clicks.Surprise, first: NDArray[np.bool_], account: Slots, day: int
) -> None:
    ads, accounts = memory.ads, memory.accounts
    now, before = surprise.standardised, ads["error"][slots]
    told = first & (ads["first_day"][slots] < day)
    memory.noise = noise.relearned(memory.noise, before[told], now[told])
    ads["error"][slots] = now
    if memory.config.weekday and first.any():
        told = np.bincount(account[first], surprise.told[first], len(accounts))
        error = np.bincount(account[first], surprise.moved[first], len(accounts)) / np.maximum(told, 1e-9)
        accounts["weekday_clicks"] = weekday.click_weekdays(accounts["weekday_clicks"], day % 7, error, told)
