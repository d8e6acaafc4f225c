"""Shapley values: a channel's average gain over all orders in which the channels could have been added.

The game: a set of channels is worth what the Markov chain still brings when only they are left. It is defined for every
set, also for sets that no path has, it uses converting and non-converting paths, and no channel can lower it.
Source: Shapley (1953); the estimate by permutations from Castro, Gómez and Tejada, "Polynomial calculation of the Shapley
value based on sampling" (2009), each order taken with its reverse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attribution.domain.paths.journeys import Credit, Journeys, Reals
from attribution.domain.paths.markov import chain

MOST_EXACT = 12
PAIRS_OF_ORDERS, MOST_SETS = 500, 20_000
AT_ONCE = 4096
Worth = Callable[[NDArray[np.bool_]], Reals]
"""(sets, players) of who is in → (sets, kinds) of what the set is worth."""


@dataclass(frozen=True)
class Values:
    values: Reals
    """(players, kinds); the sum over players is the worth of all together minus the worth of nobody."""
    standard_error: Reals
    """(players, kinds); zero where the values are exact."""


def exact_values(worth: Worth, players: int) -> Values:
    """Over all 2ⁿ sets. ValueError above MOST_EXACT players."""
    if players > MOST_EXACT:
        raise ValueError(f"{players} players are too many for the exact value: at most {MOST_EXACT}")
    sets = np.arange(2**players)
    inside = (sets[:, None] >> np.arange(players)) & 1 == 1
    known = _in_parts(worth, inside)
    size = inside.sum(axis=1)
    # A set of s others comes before a player in s! (n − 1 − s)! of the n! orders.
    factorial = np.concatenate(([1.0], np.cumprod(np.arange(1.0, players + 1))))
    weight = factorial[:players] * factorial[:players][::-1] / factorial[players]
    values = np.zeros((players, known.shape[1]))
    for player in range(players):
        without = sets[~inside[:, player]]
        values[player] = weight[size[without]] @ (known[without | 1 << player] - known[without])
    return Values(values, np.zeros_like(values))


def sampled_values(worth: Worth, players: int, *, seed: int, pairs: int = PAIRS_OF_ORDERS) -> Values:
    """Over 2 × `pairs` random orders. Each order's gains add up to the whole, so the estimate does too."""
    rng = np.random.default_rng(seed)
    orders = rng.permuted(np.tile(np.arange(players), (pairs, 1)), axis=1)
    gains = (_gains(worth, orders) + _gains(worth, orders[:, ::-1])) / 2
    return Values(gains.mean(axis=0), gains.std(axis=0, ddof=1) / np.sqrt(pairs))


def shapley(journeys: Journeys, *, seed: int = 0) -> tuple[Credit, Values]:
    """Credit by Shapley value of the channels that occur, exact up to 12 of them, else sampled with standard errors.

    The values are in conversions and value; conversions of paths without touches are unattributed.
    """
    walk, has = chain(journeys), journeys.length > 0
    here = np.unique(journeys.channel)
    people = float((journeys.conversions + journeys.nulls)[has].sum())

    def worth(inside: NDArray[np.bool_]) -> Reals:
        alive = np.zeros((len(inside), len(journeys.channels)))
        alive[:, here] = inside
        return people * walk.brought(alive)

    if len(here) <= MOST_EXACT:
        found = exact_values(worth, len(here))
    else:
        pairs = max(20, min(PAIRS_OF_ORDERS, MOST_SETS // (2 * len(here))))
        found = sampled_values(worth, len(here), seed=seed, pairs=pairs)
    every = Values(*(np.zeros((len(journeys.channels), 2)) for _ in range(2)))
    every.values[here], every.standard_error[here] = found.values, found.standard_error
    alone = [float(sums[~has].sum()) for sums in (journeys.conversions, journeys.value)]
    return Credit(every.values[:, 0], every.values[:, 1], *alone), every


def _gains(worth: Worth, orders: NDArray[np.intp]) -> Reals:
    """(orders, players, kinds) what each player adds to those before it."""
    count, players = orders.shape
    rank = np.argsort(orders, axis=1)
    inside = rank[:, None, :] < np.arange(players + 1)[None, :, None]
    known = _in_parts(worth, inside.reshape(-1, players))
    steps = np.diff(known.reshape(count, players + 1, -1), axis=1)
    return np.take_along_axis(steps, rank[:, :, None], axis=1)


def _in_parts(worth: Worth, inside: NDArray[np.bool_]) -> Reals:
    """The worth of many sets, some thousand at a time: each may cost a matrix."""
    return np.concatenate([worth(inside[at : at + AT_ONCE]) for at in range(0, len(inside), AT_ONCE)])
