"""Random numbers that depend on what they are for, not on how many were drawn before."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, *key: int | str) -> np.random.Generator:
    """A generator of its own for each key: the same seed and key always give the same draws."""
    return np.random.default_rng(
        [seed, *(part if isinstance(part, int) else zlib.crc32(part.encode()) for part in key)]
    )


def unit(seed: int, *key: int | str) -> float:
    """One number in [0, 1) for a key, cheap enough to ask for a row of a report."""
    text = ":".join(str(part) for part in (seed, *key))
    return ((zlib.crc32(text.encode()) * 2654435761) % 2**32) / 2**32
