"""The least and the most each ad may get, and whether the total can be placed between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sampler.domain.portfolio.row_checks import amounts
from sampler.domain.portfolio.rows import Limits
from sampler.domain.portfolio.water_filling import scale_into

Array = NDArray[np.float64]
NOBODY = "there is no ad that may spend: nothing is placed"
STEPS_TOO_HIGH = "the steps leave more in place than the total: every ad goes down further than a step"
STEPS_TOO_LOW = "steps and launch budgets take less than the total: ads go up further than a step"


@dataclass(frozen=True)
class Bounds:
    """`least` and `most` (ads,) with Σ least <= total <= Σ most. `fixed`: the split, where the bounds leave no choice."""

    least: Array
    most: Array
    fixed: Array | None = None
    findings: tuple[str, ...] = ()


def bounds_of(total: float, spend: Array, known: NDArray[np.bool_], limits: Limits, trust: float) -> Bounds:
    """Floor and ceiling always hold; steps and launch budgets give way, in proportion, where the total leaves no other choice.

    ValueError where floors ask for more than the total, or ceilings leave a part of it over.
    """
    count = len(spend)
    if not count:
        return Bounds(spend, spend, spend, (NOBODY,) if total > 0 else ())
    floor, launch = _each("floor", limits.floor, count), _each("launch", limits.launch, count)
    ceiling = np.full(count, max(total, 0.0)) if limits.ceiling is None else _each("ceiling", limits.ceiling, count)
    ceiling = np.minimum(ceiling, max(total, 0.0))
    _refuse_impossible(total, floor, ceiling, limits)
    least, most = _reach(spend, known, launch, limits, trust)
    least, most = np.clip(least, floor, ceiling), np.clip(most, floor, ceiling)
    if least.sum() > total:
        return Bounds(least, most, scale_into(np.maximum(least, _tiny(total)), floor, least, total), (STEPS_TOO_HIGH,))
    if most.sum() < total * (1 - 1e-12):
        shape = np.maximum(most, max(float(most.mean()) * 1e-6, _tiny(total)))
        return Bounds(least, most, scale_into(shape, most, ceiling, total), (STEPS_TOO_LOW,))
    return Bounds(least, most)


def _reach(spend: Array, known: NDArray[np.bool_], launch: Array, limits: Limits, trust: float) -> tuple[Array, Array]:
    if limits.step is None:
        return np.zeros(len(spend)), np.where(known, np.maximum(trust * spend, launch), launch)
    if not 0 <= limits.step < np.inf:
        raise ValueError(f"step is {limits.step}: a part of yesterday's budget, 0 or more")
    return max(1 - limits.step, 0.0) * spend, np.maximum((1 + limits.step) * spend, launch)


def _refuse_impossible(total: float, floor: Array, ceiling: Array, limits: Limits) -> None:
    over = floor > ceiling
    if limits.ceiling is not None and over.any():
        at = int(np.argmax(over))
        raise ValueError(f"floor[{at}] is above the ceiling or the total: {floor[at]}")
    if floor.sum() > total * (1 + 1e-12):
        raise ValueError(f"budget {total} is less than the floors ask for: {floor.sum()}")
    if limits.ceiling is not None and ceiling.sum() < total * (1 - 1e-12):
        raise ValueError(f"budget {total} is more than the ceilings leave room for: {ceiling.sum()}")


def _each(field: str, given: ArrayLike, count: int) -> Array:
    if np.ndim(given):
        return amounts(field, given, count)
    if not 0 <= float(given) < np.inf:
        raise ValueError(f"{field} is {given}: an amount of money, 0 or more")
    return np.full(count, float(given))


def _tiny(total: float) -> float:
    return 1e-9 * total
