"""Budgets blurred a little, so that a machine's hand does not show in round steps, without moving a cent of the total."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def blurred(budgets: Sequence[int], *, low: Sequence[int], high: Sequence[int], share: float, seed: int) -> list[int]:
    """Each budget moved by up to `share` of itself, within its bounds; the sum is the same to the unit, and so is every run of a seed.

    Whole units in and out. A budget outside its bounds, or of a `share` too small for a unit, stays as it is. ValueError for
    sequences of different lengths, or a share that is no fraction.
    """
    if not len(budgets) == len(low) == len(high):
        raise ValueError(f"{len(budgets)} budgets, {len(low)} lower and {len(high)} upper bounds")
    if not 0.0 <= share < 1.0:
        raise ValueError(f"the share to blur by is between 0 and 1, not {share}")
    held = np.array(budgets, dtype=np.int64)
    reach = np.floor(np.abs(held) * share).astype(np.int64)
    floor, ceiling = np.array(low, dtype=np.int64), np.array(high, dtype=np.int64)
    movable = (floor <= held) & (held <= ceiling)
    down = np.where(movable, np.minimum(reach, held - floor), 0)
    up = np.where(movable, np.minimum(reach, ceiling - held), 0)
    rng = np.random.default_rng(seed)
    moves = rng.integers(-down, up, endpoint=True)
    return [int(budget) for budget in held + _balanced(moves, down, up, rng)]


def _balanced(
    moves: NDArray[np.int64], down: NDArray[np.int64], up: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Takes the surplus of all moves back from those that have room for it, each by its part of the room, the last units at random."""
    surplus = int(moves.sum())
    sign = 1 if surplus > 0 else -1
    room = moves + down if surplus > 0 else up - moves
    total = int(room.sum())
    if surplus == 0 or total == 0:
        return moves
    # Whole numbers throughout: products of two 64-bit amounts need Python's own.
    back = np.array([int(one) * abs(surplus) // total for one in room], dtype=np.int64)
    left = abs(surplus) - int(back.sum())
    open_ones = np.flatnonzero(room > back)
    back[rng.permutation(open_ones)[:left]] += 1
    return moves - sign * back
