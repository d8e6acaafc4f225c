"""The checks that all input passes before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sampler.domain.portfolio.rows import AdRows, ValueEvents

Array = NDArray[np.float64]
Ids = NDArray[np.int64]
MOST_COUNTED = 1e12
"""More impressions or clicks of an ad on a day count as so many."""


@dataclass(frozen=True)
class CheckedRows:
    ad_id: Ids
    account_id: Ids
    spend: Array
    impressions: Array
    clicks: Array
    frequency: Array | None
    vector: Array | None
    log_boost: Array | None

    def __len__(self) -> int:
        return len(self.ad_id)


@dataclass(frozen=True)
class CheckedEvents:
    ad_id: Ids
    click_day: Ids
    value: Array

    def __len__(self) -> int:
        return len(self.ad_id)


def checked_rows(ads: AdRows) -> CheckedRows:
    """The rows as arrays. ValueError names the field and the first bad index."""
    ad_id = whole("ad_id", ads.ad_id)
    count = len(ad_id)
    _no_repeats(ad_id)
    return CheckedRows(
        ad_id,
        whole("account_id", ads.account_id, count),
        amounts("spend", ads.spend, count),
        np.minimum(amounts("impressions", ads.impressions, count), MOST_COUNTED),
        np.minimum(amounts("clicks", ads.clicks, count), MOST_COUNTED),
        None if ads.frequency is None else amounts("frequency", ads.frequency, count),
        None if ads.vector is None else _vectors(ads.vector, count),
        None if ads.log_boost is None else numbers("log_boost", ads.log_boost, count),
    )


def checked_events(events: ValueEvents | None, day: int) -> CheckedEvents:
    """The events that say something, sorted, so that no order of arrival can matter. Clicks after `day` are refused."""
    if events is None:
        return CheckedEvents(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    ad_id = whole("ad_id", events.ad_id)
    click_day = whole("click_day", events.click_day, len(ad_id))
    value = numbers("value", events.value, len(ad_id))
    _refuse("click_day", click_day, click_day > day, f"is after day {day}")
    order = event_order(ad_id, click_day, value)
    order = order[value[order] != 0]
    return CheckedEvents(ad_id[order], click_day[order], value[order])


def event_order(ad_id: Ids, click_day: Ids, value: Array) -> Ids:
    return np.lexsort((value, click_day, ad_id))


def numbers(field: str, given: ArrayLike, count: int) -> Array:
    values = np.asarray(given)
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        raise ValueError(f"{field} is not a row of numbers: first bad index 0")
    if len(values) != count:
        raise ValueError(
            f"{field} has {len(values)} values where ad_id has {count}: first bad index {min(count, len(values))}"
        )
    values = values.astype(np.float64)
    _refuse(field, values, ~np.isfinite(values), "is not a number")
    return values


def amounts(field: str, given: ArrayLike, count: int) -> Array:
    values = numbers(field, given, count)
    _refuse(field, values, values < 0, "is negative")
    return values


def whole(field: str, given: ArrayLike, count: int | None = None) -> Ids:
    values = np.asarray(given)
    if values.ndim == 1 and values.dtype.kind in "iu" and (count is None or len(values) == count):
        return values.astype(np.int64)
    exact = numbers(field, values, np.size(values) if count is None else count)
    _refuse(field, exact, (exact != np.floor(exact)) | (np.abs(exact) > 2.0**53), "is not a whole number")
    return exact.astype(np.int64)


def _vectors(given: ArrayLike, count: int) -> Array:
    vector = np.asarray(given, dtype=np.float64)
    if vector.ndim != 2 or len(vector) != count:
        raise ValueError(
            f"vector has the shape {vector.shape} where ad_id has {count} rows: first bad index {min(count, len(vector)) if vector.ndim else 0}"
        )
    _refuse("vector", vector, ~np.isfinite(vector).all(axis=1), "has a part that is not a number")
    return vector


def _no_repeats(ad_id: Ids) -> None:
    ranked = np.sort(ad_id)
    if (ranked[1:] == ranked[:-1]).any():
        first = np.unique(ad_id, return_index=True)[1]
        repeats = np.ones(len(ad_id), dtype=bool)
        repeats[first] = False
        _refuse("ad_id", ad_id, repeats, "is there twice")


def _refuse(field: str, values: NDArray, bad: NDArray[np.bool_], why: str) -> None:
    if bad.any():
        at = int(np.argmax(bad))
        raise ValueError(f"{field}[{at}] {why}: {values[at]}")


def refuse_unknown(events: ValueEvents, known: NDArray[np.bool_]) -> None:
    """`known` in the order that the events were given in. ValueError for the first event of an ad that was never told of."""
    _refuse("ad_id", np.asarray(events.ad_id), ~known, "of an event is no ad that was told of")
