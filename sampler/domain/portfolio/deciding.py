"""From what is expected of each ad to the day's budgets."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio import clicks
from sampler.domain.portfolio.bounds import Bounds, bounds_of
from sampler.domain.portfolio.clicks import SLOPE, WEAR
from sampler.domain.portfolio.draws import normal_draws
from sampler.domain.portfolio.fatigue_price import left_after_wear
from sampler.domain.portfolio.memory import Memory
from sampler.domain.portfolio.outlook import Outlook, elasticity, expected_clicks, outlook_of
from sampler.domain.portfolio.plan import Parts, Plan
from sampler.domain.portfolio.row_checks import CheckedRows
from sampler.domain.portfolio.rows import Limits
from sampler.domain.portfolio.water_filling import scale_into, water_fill

Array = NDArray[np.float64]
SMALLEST = 1e-6
"""Of the mean budget: below it an ad counts as having none."""


def decide(memory: Memory, day: int, total: float, rows: CheckedRows, limits: Limits) -> Plan:
    config = memory.config
    outlook = outlook_of(memory, day, rows)
    bounds = bounds_of(total, rows.spend, outlook.begun, limits, config.trust)
    most_elastic = config.most_elastic if limits.step is not None else config.most_elastic_unguarded
    exponent = elasticity(outlook, config.rate_saturation, most_elastic)
    if not config.curvature:
        exponent = np.full(len(rows), config.most_elastic)
    row = clicks.design(np.zeros(len(rows)), outlook.frequency)
    middle = expected_clicks(outlook) + outlook.rates.log + outlook.typical_value
    middle = middle + np.log(outlook.values.kept * outlook.weekday * outlook.season)
    variance = (
        clicks.variance_along(outlook.curves, row)
        + memory.width.ratio * outlook.rates.variance
        + outlook.values.variance
    )
    draw = normal_draws(memory.seed, day, rows.ad_id)
    spread = config.temperature * np.sqrt(variance)
    stated = variance - (memory.width.ratio - 1) * outlook.rates.variance
    drawn = middle + stated / 2 - spread**2 / 2 + spread * draw
    left = _fatigue_price(memory, outlook, exponent, day, limits)
    gain = np.clip(drawn + np.log(left) - exponent * outlook.pivot, -600, 600)
    budget, price = _split(gain, exponent, bounds, rows.spend, total, config.damping)
    return _told(memory, day, total, rows, outlook, bounds, exponent, middle, variance, stated, drawn, draw, spread, left, budget, price)  # fmt: skip


def _fatigue_price(memory: Memory, outlook: Outlook, exponent: Array, day: int, limits: Limits) -> Array:
    config, state = memory.config, outlook.curves.state
    if not config.fatigue_price or limits.step is None:
        return np.ones(len(exponent))
    return left_after_wear(
        state[:, WEAR],
        outlook.frequency,
        outlook.impressions,
        outlook.seen,
        exponent,
        state[:, SLOPE],
        weight=config.fatigue_weight,
        life=config.life,
    )


def _split(
    gain: Array, exponent: Array, bounds: Bounds, spend: Array, total: float, damping: float
) -> tuple[Array, float]:
    if bounds.fixed is not None:
        return bounds.fixed, 0.0
    budget, log_price = water_fill(gain, exponent, bounds.least, bounds.most, total)
    if damping < 1 and total > 0:
        tiny = SMALLEST * total / len(spend)
        moved = np.where(
            spend > tiny, np.maximum(budget, tiny) ** damping * np.maximum(spend, tiny) ** (1 - damping), budget
        )
        budget = scale_into(np.maximum(moved, tiny), bounds.least, bounds.most, total)
    return budget, float(np.exp(np.clip(log_price, -700, 700)))


def _told(
    memory: Memory, day: int, total: float, rows: CheckedRows, outlook: Outlook, bounds: Bounds, exponent: Array,
    middle: Array, variance: Array, stated: Array, drawn: Array, draw: Array, spread: Array, left: Array, budget: Array, price: float,
) -> Plan:  # fmt: skip
    away = np.clip(np.log(np.maximum(budget, 1e-12)) - outlook.pivot, -20, 20)
    at_budget = np.clip(middle + exponent * away, -600, 600)
    wide = variance + outlook.curves.spread[:, SLOPE, SLOPE] * np.clip(away, -3, 3) ** 2
    reach = NormalDist().inv_cdf(0.5 + memory.config.coverage / 2) * np.sqrt(wide)
    spends = budget > 0
    expected = np.where(spends, np.exp(at_budget + np.minimum(stated, 4) / 2), 0.0)
    low, high = (np.where(spends, np.exp(at_budget + side * reach), 0.0) for side in (-1, 1))
    sure = _total_deviation(memory, outlook, expected, wide)
    whole = float(expected.sum())
    factor = np.exp(NormalDist().inv_cdf(0.5 + memory.config.coverage / 2) * sure / max(whole, 1e-300))
    state = outlook.curves.state
    alarms = memory.accounts["alarm_day"] == (memory.today if memory.today is not None else day)
    return Plan(
        day=day,
        total=total,
        ad_id=rows.ad_id,
        budget=budget,
        expected=expected,
        low=low,
        high=high,
        least=bounds.least,
        most=bounds.most,
        theta=np.exp(np.clip(drawn, -600, 600)),
        elasticity=exponent,
        marginal=np.where(spends, left * exponent * expected / np.maximum(budget, 1e-12), 0.0),
        price=price,
        draw=draw,
        draw_spread=spread,
        variance=variance,
        parts=Parts(
            clicks=np.exp(expected_clicks(outlook)),
            usual_spend=np.exp(np.minimum(outlook.pivot, 600)),
            conversions_per_click=np.exp(outlook.rates.log),
            value_per_conversion=np.exp(outlook.typical_value),
            kept=outlook.values.kept,
            weekday=outlook.weekday,
            season=outlook.season,
            fatigue=np.exp(-state[:, WEAR] * clicks.weariness(outlook.frequency)),
            fatigue_price=left,
            boost=outlook.rates.boost,
            own_weight=outlook.rates.own_weight,
        ),
        total_expected=whole,
        total_low=whole / factor,
        total_high=whole * factor,
        alarmed_accounts=memory.accounts.ids[alarms],
        findings=bounds.findings,
    )


def _total_deviation(memory: Memory, outlook: Outlook, expected: Array, variance: Array) -> float:
    """Of the sum: ads by themselves, and by account what their promises have in common."""
    alone = float((expected**2 * np.expm1(np.minimum(variance, 4))).sum())
    if memory.rate_prior is None:
        return float(np.sqrt(alone + expected.sum() ** 2 * 0.25))
    own = memory.rate_prior.own
    account = np.where(outlook.account < len(own), outlook.account, 0)
    together = np.bincount(account, expected * (1 - outlook.rates.own_weight), len(own)) ** 2 / own
    return float(np.sqrt(alone + together.sum() + (0.05 * expected.sum()) ** 2))
