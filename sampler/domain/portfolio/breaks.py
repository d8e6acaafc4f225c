"""Single ads whose conversions, or the worth of them, broke with their past: a sold-out product, a broken page, a mistyped price.

Each recent day may be the one on which an ad's rate began anew. How likely each is follows from what came since of the clicks that had the
time to convert (Bayesian change points: Chib 1998, Fearnhead & Liu 2007, one change at most in the days looked at). What is expected is the
mean over all of these cases, so that an ad loses budget as doubt grows, and is not left alone until doubt is certainty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio.special import digamma_and_trigamma, log_gamma

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
DAYS = 14
"""How far back a break is looked for."""
HAZARD = 2e-3
"""How likely it is beforehand that an ad breaks on a given day."""
ANEW = 0.4
"""Conversions' worth of what is known of a rate that began anew: from a twentieth to three times the old one is likely."""
RESTLESS = 0.03
"""The variance of a log rate that is no break: drift, and days that differ."""
FEWEST = 2.0
"""Conversions due since, below which nothing can be said."""
ALARM = 0.5
"""An ad is said to have broken where that is more likely than not."""
RARE = 0.1
"""Less likely breaks lie outside of an 80 % interval: they move what is expected, not how wide it is."""
KEPT = 0.02
"""What is left of the weight of days before a break."""
VALUE_SPREAD = 2.0
"""Standard deviation of a log order value that began anew, around the old one."""


@dataclass(frozen=True)
class Breaks:
    """`chance` (ads,) that there was a break; `since` how many days back, today being 0, it most likely was.

    `log_mean`, `log_variance`: of the quantity, over all cases; `scatter`: the log of its mean less `log_mean`.
    """

    chance: Array
    since: NDArray[np.int64]
    log_mean: Array
    log_variance: Array
    scatter: Array


def are_doubtful(came: Array, due: Array) -> Flags:
    """Whose recent days are worth a closer look, (ads,): conversions `came` and `due` (ads, days) apart by a deviation and a half."""
    came, due = np.cumsum(came, axis=1), np.cumsum(due, axis=1)
    return ((due >= FEWEST) & ((came - due) ** 2 > 2.25 * due)).any(axis=1)


def of_rates(came: Array, due: Array, pseudo_came: Array, pseudo_due: Array) -> Breaks:
    """Of conversions per click. `came` and `due` (ads, days): conversions of the clicks of the last days, newest first, and clicks that had
    the time to convert. `pseudo_came`, `pseudo_due` (ads,): what is known of the rate in all, as a Gamma's shape and rate.
    """
    since_came, since_due = np.cumsum(came, axis=1), np.cumsum(due, axis=1)
    shape = np.maximum(pseudo_came[:, None] - since_came, 0.05)
    rate = shape / np.maximum(pseudo_due[:, None] - since_due, 1e-9)
    usual = 1.0 / (1.0 / shape + RESTLESS)
    likely = _negative_binomial(since_came, since_due * rate, np.full_like(shape, ANEW)) - _negative_binomial(since_came, since_due * rate, usual)  # fmt: skip
    likely = np.where((since_due * rate >= FEWEST) & (shape >= ANEW), likely, -np.inf)
    mean = (ANEW + since_came) / (ANEW / rate + since_due)
    digamma, trigamma = digamma_and_trigamma(ANEW + since_came)
    logs = digamma - np.log(ANEW / rate + since_due)
    old, old_variance = digamma_and_trigamma(pseudo_came)
    old = old - np.log(pseudo_due)
    return _mixed(likely, logs, trigamma, np.log(mean), old, old_variance, np.log(pseudo_came / pseudo_due))


def _negative_binomial(count: Array, expected: Array, shape: Array) -> Array:
    """log P(count), a Poisson whose mean is Gamma with this shape around `expected`, but for the factor that all shapes share."""
    part = shape / (shape + expected)
    return (
        log_gamma(shape + count)
        - log_gamma(shape)
        + shape * np.log(part)
        + count * np.log(np.maximum(1 - part, 1e-300))
    )


def of_values(orders: Array, logs: Array, known: Array, unsure: Array, noise: Array) -> Breaks:
    """Of mean log order values. `orders` and `logs` (ads, days): orders of the last days, newest first, and the sum of their log values.

    `known`, `unsure` (ads,): the mean log value as it was known before these days, and its variance; `noise` that of a single order.
    """
    count, total = np.cumsum(orders, axis=1), np.cumsum(logs, axis=1)
    counted = np.maximum(count, 1e-9)
    apart = total / counted - known[:, None]
    of_mean = noise[:, None] / counted
    usual, anew = of_mean + unsure[:, None] + RESTLESS, of_mean + VALUE_SPREAD**2
    likely = (np.log(usual / anew) + apart**2 / usual - apart**2 / anew) / 2
    likely = np.where(count >= FEWEST, likely, -np.inf)
    weight = VALUE_SPREAD**2 / anew
    log_mean, variance = known[:, None] + weight * apart, weight * of_mean
    return _mixed(likely, log_mean, variance, log_mean, known, unsure, known)


def _mixed(
    likely: Array, logs: Array, variances: Array, means: Array, old: Array, old_variance: Array, old_mean: Array
) -> Breaks:
    """Over the cases: no break, or one on each of the days."""
    odds = HAZARD * np.exp(np.minimum(likely, 500))
    total = 1.0 + odds.sum(axis=1)
    part, none = odds / total[:, None], 1.0 / total
    log_mean = none * old + (part * logs).sum(axis=1)
    variance = none * old_variance + (part * variances).sum(axis=1)
    between = none * (old - log_mean) ** 2 + (part * (logs - log_mean[:, None]) ** 2).sum(axis=1)
    variance += np.where(1 - none > RARE, between, 0.0)
    mean = np.log(none * np.exp(old_mean) + (part * np.exp(means)).sum(axis=1))
    return Breaks(1 - none, part.argmax(axis=1), log_mean, variance, mean - log_mean)
