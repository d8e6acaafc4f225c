"""From what is expected of each ad to the day's budgets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio import clicks
from sampler.domain.portfolio.bounds import Bounds, bounds_of
from sampler.domain.portfolio.clicks import SLOPE, WEAR
from sampler.domain.portfolio.memory import Memory
from sampler.domain.portfolio.outlook import Outlook, expected_clicks, outlook_of
from sampler.domain.portfolio.plan import Parts, Plan
from sampler.domain.portfolio.row_checks import CheckedRows
from sampler.domain.portfolio.rows import Limits
from sampler.domain.portfolio.water_filling import Stay, scale_into, water_fill
from sampler.domain.portfolio.worth import Worth, drawn_worth, forecast, worth_of

Array = NDArray[np.float64]
SMALLEST = 1e-6
"""Of the mean budget: below it an ad counts as having none."""


def decide(
    memory: Memory, day: int, total: float, rows: CheckedRows, limits: Limits, seed: int, temperature: Array
) -> Plan:
    """`temperature` of each ad, (ads,)."""
    outlook = outlook_of(memory, day, rows)
    bounds = bounds_of(total, rows.spend, outlook.begun, limits, memory.config.trust)
    worth = worth_of(memory, outlook, guarded=limits.step is not None)
    drawn = drawn_worth(temperature, worth, seed, day, rows.ad_id)
    stay = _stay(memory.config.hysteresis, outlook, rows.spend, total)
    budget, price = _split(_gain(drawn.log, worth, outlook), worth.exponent, bounds, total, stay)
    budget = _damped(budget, rows.spend, bounds, total, memory.config.damping)
    expected, _ = _split(_gain(worth.mean, worth, outlook), worth.exponent, bounds, total, stay)
    expected = _damped(expected, rows.spend, bounds, total, memory.config.damping)
    told = forecast(memory, outlook, worth, budget)
    latest = memory.today if memory.today is not None else day
    alarms = memory.accounts["alarm_day"] == latest
    return Plan(
        day=day,
        total=total,
        ad_id=rows.ad_id,
        budget=budget,
        expected=told.expected,
        low=told.low,
        high=told.high,
        least=bounds.least,
        most=bounds.most,
        theta=np.exp(np.clip(drawn.log, -600, 600)),
        elasticity=worth.exponent,
        marginal=worth.left * worth.exponent * told.expected / np.maximum(budget, 1e-12),
        price=price,
        explored=float(np.abs(budget - expected).sum() / 2 / total) if total > 0 else 0.0,
        draw=drawn.draw,
        draw_spread=drawn.spread,
        variance=worth.variance,
        stated=worth.stated,
        slope_deviation=np.sqrt(outlook.curves.spread[:, SLOPE, SLOPE]),
        parts=_parts(outlook, worth),
        total_expected=told.total_expected,
        total_low=told.total_low,
        total_high=told.total_high,
        alarmed_accounts=memory.accounts.ids[alarms],
        broke=outlook.broke,
        broke_value=outlook.broke_value,
        alarmed_ads=np.sort(memory.ads.ids[memory.ads["alarm_day"] == latest]),
        findings=bounds.findings,
    )


def _gain(log_revenue: Array, worth: Worth, outlook: Outlook) -> Array:
    """log θ of θ·s^β, from log revenue at the usual spend."""
    return np.clip(log_revenue + np.log(worth.left) - worth.exponent * outlook.pivot, -600, 600)


def _stay(hysteresis: float, outlook: Outlook, spend: Array, total: float) -> Stay | None:
    if not hysteresis or not len(spend):
        return None
    runs = outlook.begun & (spend > SMALLEST * total / len(spend))
    return Stay(spend, np.where(runs, hysteresis, 0.0))


def _split(gain: Array, exponent: Array, bounds: Bounds, total: float, stay: Stay | None) -> tuple[Array, float]:
    if bounds.fixed is not None:
        return bounds.fixed, 0.0
    budget, log_price = water_fill(gain, exponent, bounds.least, bounds.most, total, stay)
    return budget, float(np.exp(np.clip(log_price, -700, 700)))


def _damped(budget: Array, spend: Array, bounds: Bounds, total: float, damping: float) -> Array:
    """A part of the way from yesterday's budgets, in logarithms, scaled back to the total inside the bounds."""
    if damping == 1 or total <= 0 or bounds.fixed is not None:
        return budget
    tiny = SMALLEST * total / len(spend)
    part = np.maximum(budget, tiny) ** damping * np.maximum(spend, tiny) ** (1 - damping)
    return scale_into(np.maximum(np.where(spend > tiny, part, budget), tiny), bounds.least, bounds.most, total)


def _parts(outlook: Outlook, worth: Worth) -> Parts:
    wear = outlook.curves.state[:, WEAR]
    return Parts(
        clicks=np.exp(expected_clicks(outlook)),
        usual_spend=np.exp(np.minimum(outlook.pivot, 600)),
        conversions_per_click=np.exp(outlook.rates.log),
        value_per_conversion=np.exp(outlook.typical_value),
        value_spread=outlook.value_spread,
        kept=outlook.values.kept,
        weekday=outlook.weekday,
        season=outlook.season,
        fatigue=np.exp(-wear * clicks.weariness(outlook.frequency)),
        fatigue_price=worth.left,
        boost=outlook.rates.boost,
        own_weight=outlook.rates.own_weight,
    )
