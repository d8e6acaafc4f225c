"""What a campaign would bring at other budgets: response curves drawn from what is believed, days from how they stray.

Revenue of a run = Σ holders θ·(budget / base)^β · days · shock · noise. θ and β are drawn per holder from the belief; the shock is how
far the account's return strays over the horizon, an AR(1) of days averaged; the noise is that of the orders counted, matched by mean
and variance to a lognormal (Fenton 1960, Wilkinson). The same draws serve every scenario, so that differences are of budgets alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sampler.domain.curve_reasons import Curve

Array = NDArray[np.float64]
LEAST_ELASTIC, MOST_ELASTIC = 0.05, 1.1
REPEATS = 0.5
"""Correlation of one day's straying with the next day's."""
INTERVAL = (5.0, 95.0)
LEAST_DRIFT = 0.05
"""No account's days are steadier than that."""
LEAST_ADDED = 1e-6
"""Of a budget: what less adds is told by the slope, since a difference would be of rounding."""


@dataclass(frozen=True)
class Responding:
    """One budget and how revenue answers to it. `order_value` and its spread (deviation of logs) are those of its account."""

    name: str
    budget: float
    curve: Curve
    order_value: float
    order_spread: float


@dataclass(frozen=True)
class Outcome:
    """Over the horizon. `marginal` is the revenue won per unit of budget added to where the scenario starts, or lost per unit saved; money
    in major units.
    """

    spend: float
    revenue: float
    conversions: float
    low: float
    high: float
    marginal: float
    marginal_low: float
    marginal_high: float
    budgets: tuple[float, ...]
    """A day, in the order of the holders."""

    @property
    def roas(self) -> float:
        return self.revenue / self.spend if self.spend > 0 else 0.0


@dataclass(frozen=True)
class Runs:
    """Draws that all scenarios share: (runs, holders) for θ at the base budget and β, (runs,) for the shock; `noise` standard normal.

    The second half mirrors the first: its β are as far below `elasticity`, (holders,), as the first's are above.
    """

    theta: Array
    beta: Array
    elasticity: Array
    shock: Array
    noise: Array
    days: int

    @cached_property
    def at_base(self) -> Array:
        """(runs,): what a day at the base budgets brings, before the shock."""
        return self.theta @ np.ones(self.theta.shape[1])

    def at(self, ratio: Array) -> Array:
        """(runs,): as `at_base`, at budgets × `ratio`."""
        return self.at_base if (ratio == 1).all() else self.grown(ratio) @ np.ones(len(ratio))

    def grown(self, ratio: Array) -> Array:
        """(runs, holders): revenue of a day at budgets × `ratio`, which is above 0, before the shock."""
        if (ratio == 1).all():
            return self.theta
        away, half = np.log(ratio), (len(self.theta) + 1) // 2
        grown = np.empty_like(self.theta)
        np.exp(self.beta[:half] * away, out=grown[:half])
        np.divide(np.exp(2 * self.elasticity * away), grown[: len(grown) - half], out=grown[half:])
        grown *= self.theta
        return grown


def draw_runs(holders: Sequence[Responding], *, days: int, runs: int, drift: float, seed: int) -> Runs:
    """`drift` is the spread of log daily returns around what the past promised; what counting orders makes of it is taken out, as it
    is drawn apart. Antithetic pairs, so that means are steady.
    """
    rng = np.random.default_rng(seed)
    half, count = (runs + 1) // 2, len(holders)
    level, steeper, rest = (rng.standard_normal((half, size)) for size in (count, count, 2))
    base = np.array([holder.curve.revenue(holder.budget) for holder in holders])
    away = np.clip(np.log([max(holder.budget, 1e-9) / holder.curve.usual for holder in holders]), -3, 3)
    slope = np.array([holder.curve.slope_deviation for holder in holders])
    deviation = np.array([holder.curve.deviation for holder in holders])
    elasticity = np.clip([holder.curve.elasticity for holder in holders], LEAST_ELASTIC, MOST_ELASTIC)
    steeper *= slope
    level *= deviation
    if away.any():
        level += steeper * away
    above = np.exp(level)
    room = np.minimum(elasticity - LEAST_ELASTIC, MOST_ELASTIC - elasticity)
    np.clip(steeper, -room, room, out=steeper)
    spread = np.sqrt(max(drift**2 - _of_orders(holders, base), LEAST_DRIFT**2) * _of_mean(days))
    shock, noise = np.concatenate([rest, -rest])[:runs].T
    return Runs(
        theta=np.concatenate([above, 1 / above])[:runs] * (base * np.exp(-(deviation**2 + (slope * away) ** 2) / 2)),
        beta=np.concatenate([elasticity + steeper, elasticity - steeper])[:runs],
        elasticity=elasticity,
        shock=np.exp(spread * shock - spread**2 / 2),
        noise=noise,
        days=days,
    )


def _of_orders(holders: Sequence[Responding], base: Array) -> float:
    """Variance of the log of a day's revenue that comes of counting orders alone: that of a gamma of their mean and variance.

    With four orders a day logs vary by a fifth more than their variance over the squared mean.
    """
    variance = float((base * _order_noise(holders)).sum())
    return _trigamma(max(float(base.sum()), 1e-9) ** 2 / max(variance, 1e-9))


def _trigamma(x: float) -> float:
    """ψ′(x), the variance of the log of a gamma of shape x (Abramowitz and Stegun 6.4.6 and 6.4.12)."""
    below = 0.0
    while x < 8:
        below += 1 / x**2
        x += 1
    return below + 1 / x + 1 / (2 * x**2) + 1 / (6 * x**3) - 1 / (30 * x**5)


def _order_noise(holders: Sequence[Responding]) -> Array:
    """Variance of revenue over its mean: n orders of mean value v and spread s have variance n·v²·e^(s²)."""
    value, spread = (np.array([getattr(holder, of) for holder in holders]) for of in ("order_value", "order_spread"))
    return value * np.exp(np.minimum(spread, 2.5) ** 2)


def _of_mean(days: int) -> float:
    """Variance of the mean of an AR(1) over `days`, of that of one day."""
    lags = np.arange(1, days)
    return float((1 + 2 * ((1 - lags / days) * REPEATS**lags).sum()) / days)


def outcome(
    holders: Sequence[Responding],
    runs: Runs,
    budgets: Sequence[float],
    *,
    start: Sequence[float] | None = None,
    interval: tuple[float, float] = INTERVAL,
) -> Outcome:
    """What the budgets of a scenario bring. The marginal return counts from `start`, the base budgets unless told; at its own total it is
    that of the next unit. `interval`: which percentiles `low` and `high` are.
    """
    base = np.array([holder.budget for holder in holders])
    first = base if start is None else np.array(start)
    wanted = np.array(budgets, dtype=float)
    value = np.array([holder.order_value for holder in holders])
    counted = np.column_stack([np.ones(len(holders)), _order_noise(holders), 1 / np.maximum(value, 1e-9)])
    counted *= runs.days * (wanted > 0)[:, None]
    expected, noise, orders = (runs.grown(np.maximum(wanted / base, 1e-12)) @ counted).T
    revenue = _realised(runs, expected, noise)
    added = float(wanted.sum() - first.sum())
    if abs(added) > LEAST_ADDED * first.sum():
        won = (expected / runs.days - runs.at(first / base)) * runs.shock / added
    else:
        won = np.einsum("ij,ij->i", runs.beta, runs.grown(first / base)) * runs.shock / first.sum()
    low, high = _interval(revenue, interval)
    marginal_low, marginal_high = _interval(won, interval)
    return Outcome(
        spend=float(wanted.sum()) * runs.days,
        revenue=float(revenue.mean()),
        conversions=float(orders.mean() * runs.shock.mean()),
        low=low,
        high=high,
        marginal=float(won.mean()),
        marginal_low=marginal_low,
        marginal_high=marginal_high,
        budgets=tuple(wanted.tolist()),
    )


def _interval(values: Array, interval: tuple[float, float]) -> tuple[float, float]:
    """As `np.percentile` has it, in a fifth of its time."""
    ordered = np.sort(values)
    low, high = np.interp(np.array(interval) / 100 * (len(ordered) - 1), np.arange(len(ordered)), ordered)
    return float(low), float(high)


def _realised(runs: Runs, expected: Array, noise: Array) -> Array:
    """(runs,): revenue with the account's shock and the luck of its orders, of which `noise` is the variance before the shock."""
    mean = expected * runs.shock
    width = np.log1p(noise * runs.shock / np.maximum(mean, 1e-9) ** 2)
    return mean * np.exp(np.sqrt(width) * runs.noise - width / 2)
