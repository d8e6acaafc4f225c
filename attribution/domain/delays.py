"""Delays between a click and its lead, in bins that widen: what is learnt about delays is learnt a bin at a time."""

from __future__ import annotations

import numpy as np

EDGES = (1 / 48, 0.125, 0.5, 1.0, 2.0, 4.0, 7.0, 10.0, 14.0, 21.0, 30.0)
"""Days; bin 0 is the first half hour, the last one ends with the window."""
WINDOW = 45.0
BINS = len(EDGES) + 1
WIDTHS = np.diff([0.0, *EDGES, WINDOW])


def bins_of(days: np.ndarray) -> np.ndarray:
    """The bin of each delay in days. Shape kept."""
    return np.searchsorted(EDGES, days, side="right")
