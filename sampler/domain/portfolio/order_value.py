"""What a conversion is worth: heavy-tailed, so ads are compared in logarithms and only accounts by sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio import breaks

Array = NDArray[np.float64]
LOG_SPREAD_START = 0.8
MOST_LOG = 30.0
CAP_SPREADS, FEWEST_TO_CAP = 5.0, 8.0
TAIL_PULL, REFUND_PULL = 40.0, 10.0
AD_SPREAD_START, AD_SPREAD_WEIGHT = 0.2, 40.0


@dataclass(frozen=True)
class AccountValues:
    """(accounts,): mean and variance of log values; `tail`, the log of the mean value over exp(mean of logs); `kept` after refunds.

    `unsure` is the variance of log_mean + tail.
    """

    log_mean: Array
    log_variance: Array
    tail: Array
    kept: Array
    unsure: Array


@dataclass(frozen=True)
class AdValues:
    """(ads,): the mean log value, its variance, and the part of revenue kept after refunds."""

    log_mean: Array
    variance: Array
    kept: Array


def logs_of(values: Array) -> Array:
    """log value, within ±30, so that sums of anything stay finite."""
    return np.clip(np.log(values), -MOST_LOG, MOST_LOG)


def capped(logs: Array, account: NDArray[np.int64], known: AccountValues, orders: Array) -> Array:
    """The logs, none further than five spreads above its account's mean once that rests on a few orders."""
    top = known.log_mean + CAP_SPREADS * np.sqrt(known.log_variance)
    return np.where(orders[account] >= FEWEST_TO_CAP, np.minimum(logs, top[account]), logs)


def of_accounts(orders: Array, logs: Array, squares: Array, sums: Array, refunded: Array) -> AccountValues:
    """From an account's decayed sums of orders: count, logs, squared logs, values and refunds; all (accounts,).

    The tail of few orders is that of a lognormal, log_variance/2; that of many is what their mean says, whatever the distribution.
    """
    everywhere = float(logs.sum()) / max(float(orders.sum()), 1e-9)
    counted = np.maximum(orders, 1e-9)
    scatter = np.maximum(squares - logs**2 / counted, 0.0)
    log_variance = np.clip((scatter + 10 * LOG_SPREAD_START**2) / (orders + 10), 0.01, 4.0)
    pull = log_variance / account_spread(orders, logs / counted - everywhere, log_variance) ** 2
    log_mean = (logs + pull * everywhere) / (orders + pull)
    seen_tail = np.where(orders > 0, np.log(np.maximum(sums / counted, 1e-300)) - logs / counted, 0.0)
    tail = (orders * np.clip(seen_tail, 0.0, 6.0) + TAIL_PULL * log_variance / 2) / (orders + TAIL_PULL)
    share = (refunded.sum() + 1e-9) / (sums.sum() + refunded.sum() + 1e-6)
    kept = _kept(sums, refunded, sums / counted, orders, share)
    unsure = log_variance / (orders + pull) + log_variance**2 / 2 / (orders + TAIL_PULL) + _kept_unsure(kept, orders)
    return AccountValues(log_mean, log_variance, tail, kept, unsure)


def account_spread(orders: Array, above: Array, noise: Array) -> float:
    """How much the mean log value differs among accounts, by moments; the weight of three accounts on 0.5."""
    told = orders >= 2
    extra = float((above[told] ** 2 - noise[told] / orders[told]).sum())
    return float(np.sqrt(np.clip((3 * 0.25 + extra) / (3 + int(told.sum())), 0.01, 9.0)))


def of_ads(
    account: NDArray[np.int64],
    known: AccountValues,
    orders: Array,
    logs: Array,
    sums: Array,
    refunded: Array,
    broken: NDArray[np.bool_],
) -> AdValues:
    """Each ad pulled to its account: mean log N(account's, among²), `among` learnt; refunds likewise as a part of revenue.

    Little where the worth of an ad's orders has `broken` with its past.
    """
    noise = known.log_variance[account]
    whole = ad_spread(orders[~broken], logs[~broken], known.log_mean[account][~broken], noise[~broken]) ** 2
    among = np.where(broken, breaks.VALUE_SPREAD**2, whole)
    precision = 1 / among + orders / noise
    log_mean = (known.log_mean[account] / among + logs / noise) / precision
    typical = np.exp(known.log_mean + known.tail)[account]
    variance = 1 / precision + known.unsure[account] / (among * precision) ** 2
    kept = _kept(sums, refunded, typical, orders, 1 - known.kept[account])
    return AdValues(log_mean, variance + _kept_unsure(kept, orders), kept)


def _kept_unsure(kept: Array, orders: Array) -> Array:
    """The variance of the log of the part that is kept, were each order kept or lost as a whole: (1 - k)/(k·n), a proportion's."""
    return (1 - kept) / (kept * (orders + REFUND_PULL))


def ad_spread(orders: Array, logs: Array, expected: Array, noise: Array) -> float:
    """How much the mean log value differs among the ads of an account, by moments; the weight of 40 ads on 0.2."""
    told = orders >= 2
    counted = np.maximum(orders[told], 1.0)
    extra = (logs[told] / counted - expected[told]) ** 2 - noise[told] / counted
    precision = 1.0 / (0.04 + noise[told] / counted) ** 2 * 0.04**2
    learnt = (AD_SPREAD_WEIGHT * AD_SPREAD_START**2 + float((precision * extra).sum())) / (
        AD_SPREAD_WEIGHT + float(precision.sum())
    )
    return float(np.sqrt(np.clip(learnt, 0.05**2, 1.0)))


def _kept(sums: Array, refunded: Array, typical: Array, orders: Array, share: Array | float) -> Array:
    """1 - refunds / revenue, with ten typical orders at the `share` refunded elsewhere; at least 1 %."""
    pull = REFUND_PULL * np.maximum(
        np.where(orders > 0, np.maximum(typical, sums / np.maximum(orders, 1e-9)), typical), 1e-12
    )
    return np.clip(1.0 - (refunded + share * pull) / (sums + pull), 0.01, 1.0)
