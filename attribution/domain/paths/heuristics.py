"""The rules that everybody knows, as shares of each path's worth: (touches,), summing to one a path that has touches."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from attribution.domain.paths.journeys import Journeys, Reals

HALF_LIFE_DAYS = 7.0
ENDS = 0.4
"""The share of the first and of the last touch by position; the touches between them share the rest."""


def first(journeys: Journeys) -> Reals:
    """All to the first touch."""
    shares = np.zeros(len(journeys.channel))
    shares[journeys.start[:-1][journeys.length > 0]] = 1.0
    return shares


def last(journeys: Journeys) -> Reals:
    """All to the last touch."""
    shares = np.zeros(len(journeys.channel))
    shares[journeys.start[1:][journeys.length > 0] - 1] = 1.0
    return shares


def last_non_direct(journeys: Journeys, direct: Collection[str] = ("direct",)) -> Reals:
    """All to the last touch that is not direct (`direct` in small letters). A path of nothing but direct touches keeps its last one."""
    codes = [code for code, name in enumerate(journeys.channels) if name.lower() in direct]
    paid = ~np.isin(journeys.channel, codes)
    chosen = np.where(journeys.length > 0, journeys.start[1:] - 1, -1)
    # Touches come in order, so the last write for a path is its latest touch that is not direct.
    chosen[journeys.path[paid]] = np.flatnonzero(paid)
    shares = np.zeros(len(journeys.channel))
    shares[chosen[chosen >= 0]] = 1.0
    return shares


def linear(journeys: Journeys) -> Reals:
    """The same to each touch."""
    return np.repeat(1 / np.maximum(journeys.length, 1), journeys.length)


def position(journeys: Journeys) -> Reals:
    """40 % to the first touch, 40 % to the last, the rest between them; halves where there are two, all where there is one."""
    length = journeys.length
    ends = np.select([length <= 1, length == 2], [1.0, 0.5], ENDS)
    between = np.where(length > 2, (1 - 2 * ENDS) / np.maximum(length - 2, 1), 0.0)
    shares = np.repeat(between, length)
    has = length > 0
    shares[journeys.start[:-1][has]] = ends[has]
    shares[journeys.start[1:][has] - 1] = ends[has]
    return shares


def time_decay(journeys: Journeys, half_life_days: float = HALF_LIFE_DAYS) -> Reals:
    """Half the weight for every half-life that a touch is older. ValueError when the journeys tell no ages."""
    if journeys.age is None:
        raise ValueError("age: time decay needs the touches' ages")
    has = journeys.length > 0
    if not has.any():
        return np.zeros(0)
    starts, length = journeys.start[:-1][has], journeys.length[has]
    # Measured from each path's youngest touch: very old paths would otherwise weigh nothing at all.
    youngest = np.minimum.reduceat(journeys.age, starts)
    weights = np.exp2((np.repeat(youngest, length) - journeys.age) / half_life_days)
    return weights / np.repeat(np.add.reduceat(weights, starts), length)


RULES: dict[str, Callable[[Journeys], Reals]] = {
    "first": first,
    "last": last,
    "last_non_direct": last_non_direct,
    "linear": linear,
    "position": position,
    "time_decay": time_decay,
}
