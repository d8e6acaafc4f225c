"""What follows from the memory's sums, worked out anew after each day: nothing here depends on the order in which they came."""

from __future__ import annotations

import numpy as np

from sampler.domain.portfolio import breaks, clicks, conversions, creative_prior, delay, demand, order_value, weekday
from sampler.domain.portfolio.clicks import LEVEL, SLOPE, WEAR
from sampler.domain.portfolio.creative_prior import Evidence, Pulls
from sampler.domain.portfolio.days import rates
from sampler.domain.portfolio.memory import Memory
from sampler.domain.portfolio.special import digamma_and_trigamma
from sampler.domain.portfolio.sums import sum_by

BENT_TO = 2.0
"""How far, in logarithms of spend, curves are taken to bend on."""


def refit(memory: Memory) -> None:
    if not len(memory.ads):
        return
    _scale_vectors(memory)
    _fit_exposure(memory)
    residual = _fit_levels(memory)
    _fit_rates(memory, residual)
    _fit_values(memory)


def _scale_vectors(memory: Memory) -> None:
    if "vector" in memory.ads.columns:
        vector = memory.ads["vector"]
        told = vector[~np.isnan(vector[:, 0])] if vector.shape[1] else vector
        if len(told):
            memory.vector_mean = told.mean(axis=0)
            memory.vector_scale = np.maximum(told.std(axis=0), 1e-9)


def _fit_exposure(memory: Memory) -> None:
    """Delays, demand and weekdays, and with them the clicks of each ad that have had the time to convert, and what came of them."""
    ads, accounts, config = memory.ads, memory.accounts, memory.config
    ring = config.horizon + 1
    ages = np.arange(ring)
    at, day_of_week = (memory.today - ages) % ring, (memory.today - ages) % 7
    shape = delay.shapes(config.horizon)
    if config.delay:
        delays = delay.learnt(accounts["arrivals"], accounts["cohort_arrived"][:, at], shape)
        accounts["reached"] = delays.reached
    came = np.where(ads["clicks"] > 0, ads["converted"], 0.0)
    ads["came"] = ads["old_came"] + _weighed(memory, came, accounts["cohort_weight"])
    ads["exposure"] = ads["old_exposure"] + _weighed(memory, ads["clicks"], ripe_of(memory))
    expected = sum_by(ads["account"], ads["clicks"] * rates(memory)[:, None], len(accounts))[:, at]
    cohort_came = sum_by(ads["account"], came, len(accounts))[:, at]
    usual = accounts["reached"] * accounts["weekday"][:, day_of_week]
    followed = demand.followed(cohort_came[:, ::-1], (expected * usual)[:, ::-1])
    accounts["demand"][:, at] = np.exp(followed.log[:, ::-1])
    accounts["demand_next"], accounts["demand_unsure"] = np.exp(followed.next_log), followed.next_variance
    weight = accounts["cohort_weight"][:, at] * accounts["demand"][:, at]
    if config.delay:
        accounts["delay_unsure"] = delay.share_unsure(
            weight * expected, delays, shape, accounts["arrivals"].sum(axis=1)
        )
    if config.weekday:
        week = np.eye(7)[day_of_week]
        weekly = (accounts["cohort_weight"][:, at] * cohort_came) @ week
        due = (weight * expected * accounts["reached"]) @ week
        accounts["weekday"] = weekday.conversion_weekdays(weekly, due)
        accounts["weekday_unsure"] = weekday.conversion_unsure(due)
    ads["exposure"] = ads["old_exposure"] + _weighed(memory, ads["clicks"], ripe_of(memory))


def ripe_of(memory: Memory) -> np.ndarray:
    """(accounts, ring): what a click of each day counts as: how much of it has come by now, demand and weekday, and how old it is."""
    accounts, ring = memory.accounts, memory.config.horizon + 1
    ages = np.arange(ring)
    at = (memory.today - ages) % ring
    ripe = accounts["cohort_weight"] * accounts["demand"]
    ripe[:, at] *= accounts["reached"] * accounts["weekday"][:, (memory.today - ages) % 7]
    return ripe


def _weighed(memory: Memory, rows: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Each ad's days times its account's weights, added up; days before a break hardly count. `rows` (ads, ring), `weight` (accounts, ring)."""
    ads, ring = memory.ads, memory.config.horizon + 1
    weight = weight.astype(np.float32)
    total = np.einsum("nk,nk->n", rows, weight[ads["account"]])
    broken = np.flatnonzero(memory.broken("broke"))
    if len(broken):
        day = memory.today - (memory.today - np.arange(ring)) % ring
        before = np.where(day < ads["broke"][broken, None], 1 - breaks.KEPT, 0.0)
        total[broken] -= np.einsum("nk,nk,nk->n", rows[broken], weight[ads["account"][broken]], before)
    return total


def _fit_levels(memory: Memory) -> np.ndarray:
    """The click level that account and creative promise; returns how far each ad is above it, (ads,)."""
    ads = memory.ads
    residual = np.zeros(len(ads))
    begun = np.flatnonzero(ads["begun"])
    if not len(begun):
        return residual
    level, variance = compared_levels(memory, begun)
    account, features = ads["account"][begun], memory.own_features()[begun]
    weight = 1 / (variance + memory.level_variance)
    centre = float(np.average(level, weights=weight))
    pulls = pulls_for(memory.level_pulls, features.shape[1])
    prior = creative_prior.fitted(Evidence(account, features, level, weight), len(memory.accounts), pulls, centre)
    memory.level_pulls = creative_prior.relearned_pulls(prior, pulls, centre)
    residual[begun] = level - prior.mean(account, features)
    extra = float((weight * (residual[begun] ** 2 - variance)).sum()) + 30.0 * 0.25
    memory.level_variance = float(np.clip(extra / (float(weight.sum()) + 30.0), 0.01, 1.0))
    memory.level_prior = prior
    state, spread = ads["level"][begun], ads["spread"][begun]
    memory.slope = clicks.shared_mean(
        state[:, SLOPE]
        - clicks.bending(state[:, SLOPE], memory.config.bend) * (memory.reference - ads["pivot"][begun]),
        spread[:, SLOPE, SLOPE],
        start=clicks.SLOPE_START,
        known_below=0.06**2,
    )
    memory.wear = max(
        clicks.shared_mean(state[:, WEAR], spread[:, WEAR, WEAR], start=clicks.WEAR_START, known_below=0.045**2), 0.0
    )
    return residual


def pulls_for(pulls: Pulls, features: int) -> Pulls:
    """Learnt ones, until the creatives get other features than before."""
    return pulls if len(pulls.feature) == features else creative_prior.start_pulls(features)


def compared_levels(memory: Memory, slots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log clicks of unworn ads at the spend of reference, and their variance."""
    ads = memory.ads
    away = memory.reference - ads["pivot"][slots]
    spread = ads["spread"][slots]
    slope = ads["level"][slots, SLOPE]
    level = ads["level"][slots, LEVEL] + slope * away
    level -= clicks.bending(slope, memory.config.bend) / 2 * np.clip(away, -BENT_TO, BENT_TO) ** 2
    variance = spread[:, LEVEL, LEVEL] + 2 * away * spread[:, LEVEL, SLOPE] + away**2 * spread[:, SLOPE, SLOPE]
    return level, np.maximum(variance, 1e-4)


def _fit_rates(memory: Memory, residual: np.ndarray) -> None:
    ads = memory.ads
    features = np.column_stack([memory.own_features(), np.clip(residual, -1.5, 1.5)])
    came, exposure, account = ads["came"], ads["exposure"], ads["account"]
    pulls = pulls_for(memory.rate_pulls, features.shape[1])
    whole = ~memory.broken("broke")
    prior, memory.rate_pulls = conversions.relearned_prior(
        memory.rate_prior, account, features, came, exposure * whole, memory.shape, len(memory.accounts), pulls
    )
    ads["prior_rate"] = np.exp(np.clip(prior.mean(account, features), conversions.LEAST_LOG, conversions.MOST_LOG))
    ads["prior_variance"] = prior.variance(account, features)
    memory.rate_prior = prior
    told = (exposure > 0.5) & whole
    counted = conversions.counting_noise(memory.today - ads["first_day"][told] + 1.0, memory.config.forget)
    memory.shape = conversions.prior_shape(came[told], exposure[told] * ads["prior_rate"][told], counted, memory.shape)
    shape = memory.own_shape()
    digamma, trigamma = digamma_and_trigamma(shape + came)
    pseudo = shape / ads["prior_rate"]
    ads["rate_log"] = digamma - np.log(pseudo + exposure)
    ads["rate_scatter"], of_scatter = trigamma, trigamma.copy()
    if memory.config.change_detection:
        _doubt_rates(memory, shape + came, pseudo + exposure, of_scatter)
    ads["rate_variance"] = (
        of_scatter
        + (pseudo / (pseudo + exposure)) ** 2 * ads["prior_variance"]
        + memory.accounts["delay_unsure"][account]
    )


def _doubt_rates(memory: Memory, came: np.ndarray, due: np.ndarray, variance: np.ndarray) -> None:
    """Where an ad's own conversions may have broken with their past, its rate is the mean over when they did; `variance` is changed."""
    ads = memory.ads
    at = (memory.today - np.arange(breaks.DAYS)) % (memory.config.horizon + 1)
    account = ads["account"]
    recent_came = (
        np.where(ads["clicks"][:, at] > 0, ads["converted"][:, at], 0.0)
        * memory.accounts["cohort_weight"][:, at][account]
    )
    recent_due = ads["clicks"][:, at] * ripe_of(memory)[:, at][account]
    regime = memory.today - np.arange(breaks.DAYS) > ads["broke"][:, None]
    recent_came, recent_due = recent_came * regime, recent_due * regime
    rows = np.flatnonzero(breaks.are_doubtful(recent_came, recent_due * (came / due)[:, None]))
    if not len(rows):
        return
    found = breaks.of_rates(recent_came[rows], recent_due[rows], came[rows], due[rows])
    ads["rate_log"][rows], variance[rows] = found.log_mean, found.log_variance
    ads["rate_scatter"][rows] = 2 * found.scatter
    broken = rows[found.chance > breaks.ALARM]
    ads["broke"][broken] = memory.today - found.since[found.chance > breaks.ALARM]
    ads["alarm_day"][broken] = memory.today
    for name in ("old_came", "old_exposure"):
        ads[name][broken] *= breaks.KEPT


def _fit_values(memory: Memory) -> None:
    ads, accounts = memory.ads, memory.accounts
    known = order_value.of_accounts(*(accounts[name] for name in ("orders", "log_values", "squared_log_values", "values", "refunded")))  # fmt: skip
    accounts["log_value"], accounts["log_value_variance"] = known.log_mean, known.log_variance
    accounts["tail"], accounts["kept"], accounts["value_unsure"] = known.tail, known.kept, known.unsure
    of_ads = order_value.of_ads(ads["account"], known, *(ads[name] for name in ("orders", "log_values", "values", "refunded")), memory.broken("broke_value"))  # fmt: skip
    ads["log_value"], ads["log_value_variance"], ads["kept"] = of_ads.log_mean, of_ads.variance, of_ads.kept
    if memory.config.change_detection:
        _doubt_values(memory, known.log_variance[ads["account"]])


def _doubt_values(memory: Memory, noise: np.ndarray) -> None:
    """Where the worth of an ad's orders may have broken with its past, it is the mean over when it did."""
    ads = memory.ads
    days = memory.today - np.arange(breaks.DAYS)
    at, regime = days % (memory.config.horizon + 1), days > ads["broke_value"][:, None]
    orders, logs = ads["converted"][:, at] * regime, ads["log_worth"][:, at] * regime
    count, total = orders.sum(axis=1), logs.sum(axis=1)
    before = np.maximum(ads["orders"] - count, 0.0)
    pull = 1 / order_value.AD_SPREAD_START**2
    precision = pull + before / noise
    usual = memory.accounts["log_value"][ads["account"]]
    mean = (pull * usual + np.where(before > 0, ads["log_values"] - total, 0.0) / noise) / precision
    apart = (total - count * mean) ** 2 / np.maximum(count, 1e-9)
    rows = np.flatnonzero((count >= breaks.FEWEST) & (apart > 2.25 * noise))
    if not len(rows):
        return
    found = breaks.of_values(orders[rows], logs[rows], mean[rows], 1 / precision[rows], noise[rows])
    doubted = found.chance > 0.01
    ads["log_value"][rows[doubted]] = (found.log_mean + found.scatter)[doubted]
    ads["log_value_variance"][rows[doubted]] = found.log_variance[doubted]
    broken = found.chance > breaks.ALARM
    _forget_values(memory, rows[broken], found.since[broken], orders, logs)


def _forget_values(memory: Memory, broken: np.ndarray, since: np.ndarray, orders: np.ndarray, logs: np.ndarray) -> None:
    ads = memory.ads
    upto = np.arange(breaks.DAYS) <= since[:, None]
    count, total = (orders[broken] * upto).sum(axis=1), (logs[broken] * upto).sum(axis=1)
    old_count = np.maximum(ads["orders"][broken] - count, 0.0)
    old_total = np.where(old_count > 0, ads["log_values"][broken] - total, 0.0)
    old_mean = old_total / np.maximum(old_count, 1e-9)
    shift = np.exp(np.clip(total / np.maximum(count, 1e-9) - old_mean, -5, 5))
    part = (count + breaks.KEPT * old_count) / np.maximum(count + old_count, 1e-9)
    ads["orders"][broken], ads["log_values"][broken] = count + breaks.KEPT * old_count, total + breaks.KEPT * old_total
    for name in ("values", "refunded"):
        ads[name][broken] *= part * (shift if name == "values" else 1.0)
    ads["broke_value"][broken] = memory.today - since
    ads["alarm_day"][broken] = memory.today
