"""Markov attribution, exact: the removal effects of an absorbing chain by linear solves, not by simulated walks.

A path walks from a start over its channels into *converted* or *lost*. A channel's removal effect is the share of all
conversions that is gone when every step into the channel leads to *lost* instead; credit is proportional to it.
Source: Anderl et al., "Mapping the customer journey" (2016); (I − Q)⁻¹ as in Kemeny and Snell, "Finite Markov chains".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution.domain.paths.journeys import Credit, Journeys, Reals, Whole

MOST_STATES = 3_000


@dataclass(frozen=True)
class Chain:
    """Where paths begin, step and end. A state is the last `order` channels; it is left by a step, a conversion or a loss."""

    begin: Reals
    """(states,) shares of the paths with touches."""
    step: Reals
    """(states, states) probabilities, Q."""
    converts: Reals
    """(states, 2) conversions and value that leaving the state brings on average."""
    newest: Whole
    """(states,) the channel that a path in this state touched last."""

    def brought(self, alive: Reals) -> Reals:
        """(…, 2) conversions and value a path brings when only some channels are left; `alive` is (…, channels), true or not."""
        keeps = np.asarray(alive, float)[..., self.newest]
        walks = np.eye(len(self.newest)) - keeps[..., :, None] * self.step * keeps[..., None, :]
        worth = np.linalg.solve(walks, keeps[..., :, None] * self.converts)
        return np.einsum("...s,...sk->...k", keeps * self.begin, worth)


def chain(journeys: Journeys, order: int = 1) -> Chain:
    """The chain of order `order`, counted from converting and lost paths. ValueError above MOST_STATES states."""
    state, newest = _states(journeys, order)
    size, has = len(newest), journeys.length > 0
    people = (journeys.conversions + journeys.nulls)[has]
    first, last = journeys.start[:-1][has], journeys.start[1:][has] - 1
    steps = _steps(state, first, last, people, size)
    end = state[last]
    leaves = steps.sum(axis=1) + np.bincount(end, people, size)
    left = np.where(leaves > 0, leaves, 1.0)
    earned = np.stack(
        [np.bincount(end, journeys.conversions[has], size), np.bincount(end, journeys.value[has], size)], 1
    )
    begin = np.bincount(state[first], people, size) / max(people.sum(), 1e-300)
    return Chain(begin, steps / left[:, None], earned / left[:, None], newest)


def removal_effects(chain: Chain, channels: int) -> Reals:
    """(channels, 2) the share of conversions and of value that is gone without each channel. Zero where nothing was earned."""
    whole = chain.brought(np.ones(channels))
    without = np.array([chain.brought(alive) for alive in 1.0 - np.eye(channels)]).reshape(channels, 2)
    return np.where(whole != 0, 1 - without / np.where(whole != 0, whole, 1.0), 0.0)


def markov(journeys: Journeys, order: int = 1) -> Credit:
    """Credit in proportion to removal effects; conversions of paths without touches are unattributed."""
    size = len(journeys.channels)
    return _by_effect(journeys, removal_effects(chain(journeys, order), size))


def _steps(state: Whole, first: Whole, last: Whole, people: Reals, size: int) -> Reals:
    """(states, states) how many people stepped from one state to another."""
    pairs = state[:-1] * size + state[1:]
    if (people == 1).all():  # whole numbers, so that what lies between two paths can be taken out again
        between = np.bincount(state[last[:-1]] * size + state[first[1:]], minlength=size * size)
        return (np.bincount(pairs, minlength=size * size) - between).reshape(size, size).astype(float)
    weight = np.repeat(people, last - first + 1)
    weight[last] = 0.0
    return np.bincount(pairs, weight[:-1], size * size).reshape(size, size)


def _by_effect(journeys: Journeys, effects: Reals) -> Credit:
    has = journeys.length > 0
    sums = np.array([journeys.conversions[has].sum(), journeys.value[has].sum()])
    whole = effects.sum(axis=0)
    given = np.where(whole != 0, sums * effects / np.where(whole != 0, whole, 1.0), 0.0)
    # Where no channel has an effect (nothing was earned, or value that cancels out), the sum stays on nobody.
    rest = np.where(whole != 0, 0.0, sums) + [journeys.conversions[~has].sum(), journeys.value[~has].sum()]
    return Credit(given[:, 0], given[:, 1], float(rest[0]), float(rest[1]))


def _states(journeys: Journeys, order: int) -> tuple[Whole, Whole]:
    """(touches,) the state after each touch, and (states,) the channel that each state touched last."""
    if order < 1:
        raise ValueError(f"order: must be at least 1, not {order}")
    size = len(journeys.channels)
    if order == 1:
        return journeys.channel, np.arange(size)
    if (size + 1) ** order > 2**62:
        raise ValueError(f"order: {order} is too high for {size} channels")
    code, shifted = np.zeros(len(journeys.channel), np.int64), journeys.channel + 1
    for back in range(order):
        remembered = journeys.place >= back
        code[remembered] += shifted[np.flatnonzero(remembered) - back] * (size + 1) ** back
    codes, state = np.unique(code, return_inverse=True)
    if len(codes) > MOST_STATES:
        raise ValueError(f"order: {order} makes {len(codes)} states, more than {MOST_STATES}")
    return state, codes % (size + 1) - 1
