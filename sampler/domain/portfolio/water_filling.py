"""Splits a total over concave returns: every ad gets budget until the next unit would return more elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LEAST = 1e-12
"""The smallest budget that is told from nothing, as a part of the total."""


@dataclass(frozen=True)
class Stay:
    """What budgets are today, and the log by which a marginal return has to be apart from the price before one moves; (ads,) each."""

    budget: Array
    apart: Array


def water_fill(
    log_gain: Array, exponent: Array, low: Array, high: Array, total: float, stay: Stay | None = None
) -> tuple[Array, float]:
    """The split s that maximises Σ exp(log_gain)·s**exponent with Σ s = total and low <= s <= high, and the log of its price.

    With `stay`, moving costs: a budget goes up to where its marginal return is `apart` above the price, down to where it is as far below,
    and stays between (the soft threshold of a linear cost of moving; Davis & Norman 1990 for portfolios).

    The price λ is what one more unit of the total would return. With 0 < exponent < 1 the conditions of Karush, Kuhn and Tucker give
    s(λ) = clip((exponent·gain/λ)^(1/(1-exponent)), low, high), so that one number is looked for. All arrays (ads,); finite gains;
    Σ low <= total <= Σ high is the caller's to see to. Sums to the total within rounding.
    """
    power = 1.0 / (1.0 - exponent)
    return _split(power * (log_gain + np.log(exponent)), power, low, high, total, stay)


def scale_into(shape: Array, low: Array, high: Array, total: float) -> Array:
    """clip(c·shape, low, high) with the c that makes it sum to the total; `shape` > 0."""
    return _split(np.log(shape), np.ones_like(shape), low, high, total)[0]


def _split(
    at_price_one: Array, power: Array, low: Array, high: Array, total: float, stay: Stay | None = None
) -> tuple[Array, float]:
    """s = clip(exp(at_price_one - power·log λ), low, high): safeguarded Newton on log Σ s over log λ."""
    if total <= 0:
        return low * 0.0, 0.0
    nothing = max(LEAST * total, 1e-300)
    log_low, log_high = np.log(np.maximum(low, nothing)), np.log(np.maximum(high, nothing))
    wide = 0.0 if stay is None else float(stay.apart.max())
    least = float(((at_price_one - log_high) / power).min()) - 1.0 - wide
    most = float(((at_price_one - log_low) / power).max()) + 1.0 + wide
    price = float(np.median(at_price_one - np.log(max(total / len(power), nothing))) / np.median(power))
    price = price if least < price < most else (least + most) / 2
    for _ in range(200):
        wanted, moves = _wanted(at_price_one, power, price, nothing, stay)
        split = np.exp(np.clip(wanted, log_low, log_high))
        reached = float(split.sum())
        if abs(reached - total) <= 1e-13 * total or not least < price < most:
            break
        if reached > total:
            least = price
        else:
            most = price
        slope = float((split * power)[moves & (wanted > log_low) & (wanted < log_high)].sum())
        step = price + np.log(reached / total) * reached / slope if slope > 0 else most
        price = step if least < step < most else (least + most) / 2
    return _summed(split, power, low, high, total), price


def _wanted(
    at_price_one: Array, power: Array, price: float, nothing: float, stay: Stay | None
) -> tuple[Array, NDArray[np.bool_]]:
    """Log budgets at a price, and which of them a small change of the price would move."""
    wanted = at_price_one - power * price
    if stay is None:
        return wanted, np.ones(len(wanted), dtype=bool)
    today, reach = np.log(np.maximum(stay.budget, nothing)), power * stay.apart
    held = np.clip(today, wanted - reach, wanted + reach)
    return held, held != today


def _summed(split: Array, power: Array, low: Array, high: Array, total: float) -> Array:
    """What rounding left over goes to those who would take it first, inside the bounds."""
    split = np.clip(split, low, high)
    for _ in range(4):
        rest = total - split.sum()
        open_to = (split < high) if rest > 0 else (split > low)
        weight = np.where(open_to, split * power, 0.0)
        if rest == 0 or weight.sum() <= 0:
            break
        split = np.clip(split + rest * (weight / weight.sum()), low, high)
    return split
