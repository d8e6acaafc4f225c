"""How much of what leads are worth is told by their age: many deals start without an amount, and book nothing until one is known.

Each lead is seen once, at the age that it has today (current status data; Groeneboom and Wellner 1992). The share that is told
only rises with age, so cells of ages that contradict that are pooled, which is isotonic regression. Leads of a month and more
have told what they ever will: what never gets an amount is never booked, and is not waited for.
"""

from __future__ import annotations

import numpy as np

CELLS = (0, 1, 3, 7, 14, 30)
"""Days since the lead at which a cell begins; the last one has no end."""


def told_by_age(age: np.ndarray, told: np.ndarray, untold: np.ndarray) -> np.ndarray:
    """The share that is told, by whole days since the lead from 0 to the last of `CELLS`, where it is 1.

    From leads: days since they came, worth that is told, and what the others are taken to be worth; equal lengths.
    """
    cell = np.searchsorted(CELLS, age, side="right") - 1
    told, whole = (np.bincount(cell, worth, minlength=len(CELLS)) for worth in (told, told + untold))
    seen = np.flatnonzero(whole > 0)
    share = _rising(told[seen], whole[seen])
    if not seen.size or share[-1] <= 0:
        return np.ones(CELLS[-1] + 1)
    by_cell = np.interp(np.arange(len(CELLS)), seen, share / share[-1])
    return by_cell[np.searchsorted(CELLS, np.arange(CELLS[-1] + 1), side="right") - 1]


def _rising(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part ÷ whole of each cell, pooled with its neighbours where it would fall: the largest of the smallest means."""
    cells = range(part.size)
    upto = [np.append(0.0, amounts).cumsum() for amounts in (part, whole)]

    def mean(first: int, last: int) -> float:
        part, whole = (sums[last + 1] - sums[first] for sums in upto)
        return float(part / whole)

    return np.array(
        [max(min(mean(first, last) for last in cells[cell:]) for first in cells[: cell + 1]) for cell in cells]
    )
