"""The modelled part of one deal: which part of its unattributed credit the aggregate gives to each ad."""

from __future__ import annotations

import numpy as np

WHOLE = 10**8
"""Credits are counted in hundred-millionths, so that they add up exactly."""
LEAST = 50_000
"""A part under 0.0005 is left unattributed, as in matching."""


def expand(credit: int, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places in `shares` with a part worth naming, and their credits; what they leave of `credit` stays unattributed.

    `credit` is the unattributed credit in hundred-millionths, `shares` what of it goes to each ad; they sum to at most one.
    """
    parts = np.floor(np.asarray(shares) * max(credit, 0)).astype(np.int64)
    named = np.flatnonzero(parts >= LEAST)
    return named, parts[named]
