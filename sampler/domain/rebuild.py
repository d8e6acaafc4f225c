"""Beliefs from nothing but the ad-day outcomes: what a replay computes, and what every turn of the loop stores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sampler.domain.belief import HALF_LIFE_DAYS, RECENT_HALF_LIFE_DAYS, Belief

FIELDS = ("impressions", "clicks", "spend", "conversions", "revenue")


def rebuilt_beliefs(
    ad_id: NDArray[np.int64],
    day: NDArray[np.int64],
    figures: dict[str, NDArray[np.float64]],
    *,
    as_of: int,
    half_life: float = HALF_LIFE_DAYS,
) -> dict[int, Belief]:
    """One belief an ad, by its id, equal to updating an empty belief row by row (to rounding).

    `ad_id`, `day` (ordinals) and each array of `figures` (the names in FIELDS) have one entry per ad and day; days after `as_of` are left out. ValueError names a
    figure that is missing, of another length, or not finite.
    """
    _refuse_bad_figures(figures, len(ad_id))
    known = day <= as_of
    ads, of_ad = np.unique(ad_id[known], return_inverse=True)
    rows = {name: np.asarray(figures[name], dtype=np.float64)[known] for name in FIELDS}
    age = as_of - day[known]
    slow, fast = 0.5 ** (age / half_life), 0.5 ** (age / RECENT_HALF_LIFE_DAYS)
    selling = rows["conversions"] > 0
    scatter = np.divide(rows["revenue"] ** 2, rows["conversions"], out=np.zeros(len(age)), where=selling)

    def total(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(of_ad, weights=values * weights, minlength=len(ads))

    columns = [total(rows[name], slow) for name in FIELDS]
    columns += [
        total(scatter, slow),
        total(selling.astype(np.float64), slow),
        total(rows["impressions"], fast),
        total(rows["clicks"], fast),
    ]
    table = np.column_stack(columns) if len(ads) else np.empty((0, 9))
    return {int(ad): Belief(as_of, half_life, *map(float, sums)) for ad, sums in zip(ads, table, strict=True)}


def _refuse_bad_figures(figures: dict[str, NDArray[np.float64]], length: int) -> None:
    for name in FIELDS:
        values = figures.get(name)
        if values is None or len(values) != length:
            raise ValueError(f"{name}: {'missing' if values is None else len(values)} instead of {length} values")
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            raise ValueError(f"{name}: row {bad[0]} is not a finite number")
