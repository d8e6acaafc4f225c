"""Breaks of single ads, and what moves all ads of an account together."""

from __future__ import annotations

import numpy as np
import pytest

from sampler.domain.portfolio import breaks, demand
from sampler.domain.portfolio.water_filling import Stay, water_fill

DAYS = breaks.DAYS


def of(recent: list[float], due: float, known: float = 60.0) -> breaks.Breaks:
    """An ad that was due `due` conversions a day, one by click, newest first; `known` conversions tell of its rate."""
    came = np.full((1, DAYS), due)
    came[0, : len(recent)] = recent
    total = came.sum() + known
    return breaks.of_rates(came, np.full((1, DAYS), due), np.array([total]), np.array([DAYS * due + known]))


@pytest.mark.parametrize(
    ("recent", "due", "is_break"),
    [([0], 5, False), ([0, 0], 5, True), ([0, 0, 0], 2, False), ([0, 0, 0, 0, 0], 2, True), ([3, 4, 6], 5, False),
     ([25, 30], 50, False), ([10, 12], 50, True), ([40, 44], 50, False), ([60, 55], 20, True)],
)  # fmt: skip
def test_a_break_is_known_when_it_is_likelier_than_not(recent, due, is_break):
    found = of(recent, due)
    assert (found.chance[0] > breaks.ALARM) == is_break
    if is_break:
        assert found.since[0] == len(recent) - 1
        assert np.exp(found.log_mean[0]) == pytest.approx(np.mean(recent) / due, abs=0.35)


def test_doubt_lowers_what_is_expected_before_it_is_certainty():
    means = [float(np.exp(of([0] * days, 5).log_mean[0] + of([0] * days, 5).scatter[0])) for days in range(4)]
    assert means == sorted(means, reverse=True)
    assert 0.5 < means[1] < 0.97 < means[0] < 1.05
    assert means[3] < 0.1


@pytest.mark.parametrize(("logs", "is_break"), [([4.6, 4.7, 4.5], False), ([1.6, 1.7], True), ([4.6], False)])
def test_what_orders_are_worth_may_break_too(logs, is_break):
    orders, sums = np.zeros((1, DAYS)), np.zeros((1, DAYS))
    orders[0, : len(logs)], sums[0, : len(logs)] = 10, [10 * log for log in logs]
    found = breaks.of_values(orders, sums, np.array([4.6]), np.array([0.002]), np.array([0.25]))
    assert (found.chance[0] > breaks.ALARM) == is_break


def test_demand_of_a_week_is_found_and_left_again():
    promised = np.full((1, 40), 80.0)
    came = promised.copy()
    came[0, 20:27] *= 3
    found = demand.followed(came[:, :27], promised[:, :27])
    assert np.exp(found.next_log[0] - found.log[0, :20].mean()) > 2.4, "while it lasts"
    found = demand.followed(came[:, :29], promised[:, :29])
    assert np.exp(found.next_log[0] - found.log[0, :20].mean()) == pytest.approx(1.0, abs=0.1), "two days after"
    ratio = np.exp(found.log[0, 21:26]).mean() / np.exp(found.log[0, :19]).mean()
    assert ratio == pytest.approx(3.0, rel=0.1)


def test_what_lasts_is_not_demand():
    """Twice as many as promised on all days is the ads' own rate."""
    found = demand.followed(np.full((1, 60), 100.0), np.full((1, 60), 50.0))
    assert np.exp(found.log).mean() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("apart", [0.0, 0.12, 1.0])
def test_budgets_move_only_where_a_return_is_far_enough_from_the_price(apart):
    rng = np.random.default_rng(5)
    today, exponent = rng.uniform(50, 150, 30), np.full(30, 0.7)
    gain = rng.normal(0, 0.3, 30)
    low, high, total = 0.8 * today, 1.2 * today, today.sum()
    split, price = water_fill(gain, exponent, low, high, total, Stay(today, np.full(30, apart)))
    marginal = gain + np.log(exponent) - 0.3 * np.log(split)
    moved = np.abs(split / today - 1) > 1e-9
    assert split.sum() == pytest.approx(total)
    assert (np.abs(marginal - price)[~moved] <= apart + 1e-6).all()
    inside = moved & (split > low + 1e-9) & (split < high - 1e-9)
    assert np.allclose(np.abs(marginal - price)[inside], apart, atol=1e-6)
    assert moved.sum() <= {0.0: 30, 0.12: 29, 1.0: 3}[apart]
