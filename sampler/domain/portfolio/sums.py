"""Sums of rows by account."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def sum_by(group: NDArray[np.int64], rows: Array, groups: int) -> Array:
    """(groups, columns): the rows of each group added up. `rows` (n, columns)."""
    total = np.zeros((groups, rows.shape[1]))
    if len(group):
        order = np.argsort(group, kind="stable")
        ranked = group[order]
        starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
        total[ranked[starts]] = np.add.reduceat(rows[order], starts, axis=0)
    return total
