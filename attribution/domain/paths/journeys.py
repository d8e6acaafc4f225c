"""Many paths in flat arrays: no Python object a path, so that millions are one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Whole = NDArray[np.intp]


@dataclass(frozen=True)
class Journeys:
    """Paths over channels, oldest touch first. Path p has the touches `start[p]` up to `start[p + 1]`.

    A row may stand for many people who went the same way: `conversions` of them converted and were worth `value` together,
    `nulls` of them did not. Money is in one unit throughout. A path without touches is allowed: its conversions are
    unattributed in every model. Raises ValueError, naming the field, when the arrays contradict each other.
    """

    channels: tuple[str, ...]
    start: Whole
    """(paths + 1,)"""
    channel: Whole
    """(touches,) places in `channels`."""
    conversions: Reals
    """(paths,)"""
    value: Reals
    """(paths,)"""
    nulls: Reals
    """(paths,)"""
    age: Reals | None = None
    """(touches,) days before the path's end, which is the conversion or, without one, the last moment that was watched."""

    def __post_init__(self) -> None:
        paths, touches = len(self.start) - 1, len(self.channel)
        if paths < 0 or self.start[0] != 0 or self.start[-1] != touches or (np.diff(self.start) < 0).any():
            raise ValueError("start: must begin with 0, never fall, and end with the number of touches")
        if touches and not 0 <= self.channel.min() <= self.channel.max() < len(self.channels):
            raise ValueError("channel: names a channel that is not in `channels`")
        for name, size in (("conversions", paths), ("value", paths), ("nulls", paths), ("age", touches)):
            array = getattr(self, name)
            if array is None and name == "age":
                continue
            if len(array) != size:
                raise ValueError(f"{name}: has {len(array)} entries, not {size}")
            if size and not (np.isfinite(array.sum()) and (name == "value" or array.min() >= 0)):
                raise ValueError(f"{name}: must be finite{'' if name == 'value' else ' and not negative'}")

    @cached_property
    def length(self) -> Whole:
        """(paths,) touches of each path."""
        return np.diff(self.start)

    @cached_property
    def path(self) -> Whole:
        """(touches,) the path that each touch belongs to."""
        return np.repeat(np.arange(len(self.length)), self.length)

    @cached_property
    def touch_conversions(self) -> Reals:
        """(touches,) the conversions of the path that each touch belongs to."""
        return np.repeat(self.conversions, self.length)

    @cached_property
    def touch_value(self) -> Reals:
        """(touches,) the value of the path that each touch belongs to."""
        return np.repeat(self.value, self.length)

    @cached_property
    def place(self) -> Whole:
        """(touches,) 0 for a path's first touch, 1 for its second …"""
        return np.arange(len(self.channel)) - np.repeat(self.start[:-1], self.length)

    def earning(self) -> Journeys:
        """The paths that have a conversion or a value: all that the heuristics need."""
        return self.take((self.conversions != 0) | (self.value != 0))

    def take(self, chosen: NDArray[np.bool_]) -> Journeys:
        """The chosen paths (a mask of them) with the same channels."""
        touches = np.repeat(chosen, self.length)
        return Journeys(
            self.channels,
            np.concatenate(([0], np.cumsum(self.length[chosen]))),
            self.channel[touches],
            self.conversions[chosen],
            self.value[chosen],
            self.nulls[chosen],
            None if self.age is None else self.age[touches],
        )


def journeys(
    paths: Sequence[Sequence[str]],
    *,
    conversions: Sequence[float],
    value: Sequence[float] | None = None,
    nulls: Sequence[float] | None = None,
    ages: Sequence[Sequence[float]] | None = None,
    channels: Sequence[str] | None = None,
) -> Journeys:
    """Journeys from lists of channel names. `value` and `nulls` are zero where absent; `channels` fixes their order."""
    names = tuple(channels) if channels is not None else tuple(sorted({name for path in paths for name in path}))
    place = {name: number for number, name in enumerate(names)}
    count = len(paths)
    return Journeys(
        names,
        np.cumsum([0, *(len(path) for path in paths)], dtype=np.intp),
        np.array([place[name] for path in paths for name in path], dtype=np.intp),
        np.asarray(conversions, float),
        np.zeros(count) if value is None else np.asarray(value, float),
        np.zeros(count) if nulls is None else np.asarray(nulls, float),
        None if ages is None else np.array([age for path in ages for age in path], float),
    )


@dataclass(frozen=True)
class Credit:
    """What a model gives each channel, and what it gives none: the sums are those of the journeys."""

    conversions: Reals
    """(channels,)"""
    value: Reals
    """(channels,)"""
    unattributed_conversions: float = 0.0
    unattributed_value: float = 0.0


def credit(journeys: Journeys, shares: Reals) -> Credit:
    """Credit by channel from (touches,) shares of each path's worth; what a path's shares leave of one is unattributed."""
    size = len(journeys.channels)
    given = [
        np.bincount(journeys.channel, shares * worth, size)
        for worth in (journeys.touch_conversions, journeys.touch_value)
    ]
    wholes = (float(journeys.conversions.sum()), float(journeys.value.sum()))
    left = [whole - float(parts.sum()) for whole, parts in zip(wholes, given, strict=True)]
    # What rounding leaves is nobody's money.
    return Credit(
        *given,
        *(rest if abs(rest) > 1e-12 * max(abs(whole), 1) else 0.0 for rest, whole in zip(left, wholes, strict=True)),
    )
