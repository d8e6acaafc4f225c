"""A million channel paths, the same for everybody: flat arrays on disk. NumPy only, for two environments read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

PATHS, CHANNELS, MEAN_LENGTH, CONVERTING = 1_000_000, 20, 3.3, 0.18
NAMES = tuple(f"channel {number:02}" for number in range(CHANNELS))
FIELDS = ("start", "channel", "converted", "age")


@dataclass(frozen=True)
class Paths:
    start: np.ndarray
    """(paths + 1,)"""
    channel: np.ndarray
    """(touches,)"""
    converted: np.ndarray
    """(paths,) one or zero"""
    age: np.ndarray
    """(touches,) hours before the path's end"""


def make(folder: Path, *, seed: int = 7) -> None:
    """Channels as unequal as they are (Zipf); geometric lengths; some channels convert far better than others."""
    rng = np.random.default_rng(seed)
    length = rng.geometric(1 / MEAN_LENGTH, PATHS)
    start = np.concatenate(([0], np.cumsum(length)))
    common = 1 / np.arange(1, CHANNELS + 1) ** 0.7
    channel = rng.choice(CHANNELS, start[-1], p=common / common.sum()).astype(np.int64)
    appeal = rng.gamma(2.0, 1.0, CHANNELS)
    drawn = np.add.reduceat(appeal[channel], start[:-1])
    converted = (rng.random(PATHS) < drawn * CONVERTING / drawn.mean()).astype(np.int64)
    gaps = np.round(rng.exponential(36.0, start[-1]), 2)
    until = np.cumsum(gaps[::-1])[::-1]
    age = until - np.repeat(np.append(until, 0.0)[start[1:]], length)
    for name, array in zip(FIELDS, (start, channel, converted, np.round(age, 2)), strict=True):
        np.save(folder / f"{name}.npy", array)


def read(folder: Path) -> Paths:
    return Paths(*(np.load(folder / f"{name}.npy") for name in FIELDS))
