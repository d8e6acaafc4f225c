"""Delays are learnt from arrivals alone: no rate of conversion, however wrong, can move them."""

from __future__ import annotations

import numpy as np
import pytest

from sampler.domain.portfolio import delay

HORIZON = 60


def arrived(share: np.ndarray, days: int, a_day: float) -> tuple[np.ndarray, np.ndarray]:
    """By age, and by age of the click: the expected arrivals of a history of so many days."""
    by_age, by_cohort = np.zeros((1, HORIZON + 1)), np.zeros((1, HORIZON + 1))
    for age in range(days):
        by_age[0, : age + 1] += a_day * share[: age + 1]
        by_cohort[0, age] = a_day * share[: age + 1].sum()
    return by_age, by_cohort


@pytest.mark.parametrize(("days", "a_day", "least"), [(1, 50, 0.2), (3, 20, 0.9), (14, 20, 0.97), (14, 1000, 0.99)])
def test_sales_on_the_day_are_known_as_such_within_days(days, a_day, least):
    at_once = np.eye(HORIZON + 1)[0]
    reached = delay.learnt(*arrived(at_once, days, a_day), delay.shapes(HORIZON)).reached
    assert reached[0, 0] > least
    assert reached[0, -1] == 1.0 and (np.diff(reached) >= -1e-12).all()


@pytest.mark.parametrize("median", [2.0, 12.0])
def test_ordinary_delays_are_found_again(median):
    edges = np.arange(1, HORIZON + 2)
    true = np.diff(1 / (1 + (edges / median) ** -2.0), prepend=0.0)
    true /= true.sum()
    reached = delay.learnt(*arrived(true, 60, 50), delay.shapes(HORIZON)).reached[0]
    assert np.abs(reached - np.cumsum(true)).max() < 0.02


def test_what_a_young_account_cannot_know_is_stated():
    shape, weight = delay.shapes(HORIZON), np.eye(HORIZON + 1)[:1]
    unsure = {}
    for days in (1, 5, 30):
        came = arrived(np.eye(HORIZON + 1)[0], days, 20)
        unsure[days] = delay.share_unsure(weight, delay.learnt(*came, shape), shape, came[0].sum(axis=1))[0]
    assert unsure[1] > 0.3 > unsure[5] > unsure[30]


def test_an_account_without_sales_is_as_the_others():
    came = arrived(np.eye(HORIZON + 1)[0], 30, 50)
    both = [np.concatenate([part, np.zeros_like(part)]) for part in came]
    reached = delay.learnt(*both, delay.shapes(HORIZON)).reached
    assert reached[1, 0] > 1.3 * delay.learnt(*(0 * part for part in came), delay.shapes(HORIZON)).reached[0, 0]
