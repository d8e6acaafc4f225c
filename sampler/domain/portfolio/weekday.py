"""Weekdays: which bring clicks that convert, and which bring clicks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
WEEK = 7
PULL = 15.0
SPREAD = 0.1
"""How far the conversion rates of weekdays usually are apart, as the standard deviation of their logarithm."""


def conversion_weekdays(came: Array, expected: Array) -> Array:
    """(accounts, 7): the conversion rate of a weekday's clicks over the week's mean; mean 1.

    `came` and `expected` (accounts, 7) conversions by weekday of the click; 15 expected conversions pull to all accounts, and those to 1.
    """
    everywhere = (came.sum(axis=0) + PULL) / (expected.sum(axis=0) + PULL)
    rate = (came + PULL * everywhere / everywhere.mean()) / (expected + PULL)
    return rate / rate.mean(axis=1, keepdims=True)


def conversion_unsure(expected: Array) -> Array:
    """(accounts, 7): the variance of the log of a weekday's rate, after as many `expected` conversions of its clicks."""
    return SPREAD**2 / (1 + expected * SPREAD**2)


def click_weekdays(offset: Array, weekday: int, error: Array, ads: Array) -> Array:
    """(accounts, 7) log offsets moved by the mean `error` (accounts,) of `ads` (accounts,) on this weekday; mean 0 over the week."""
    moved = offset.copy()
    moved[:, weekday] += 0.15 * ads / (ads + 10.0) * np.clip(error, -1, 1)
    return moved - moved.mean(axis=1, keepdims=True)
