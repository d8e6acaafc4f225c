"""Standard normal draws that belong to (seed, day, ad): no order of rows and no earlier call can change them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TO_UNIT = 2.0**-53


def mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of SplitMix64 (Steele, Lea & Flood 2014): each bit of the input moves half of the bits of the output."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def normal_draws(seed: int, day: int, ad_id: NDArray[np.int64]) -> NDArray[np.float64]:
    """One draw an ad, shape of `ad_id` (Box & Muller 1958). Always finite."""
    golden = np.uint64(0x9E3779B97F4A7C15)
    key = np.array([seed & (2**64 - 1), day & (2**64 - 1)], dtype=np.uint64)
    stream = mixed(mixed(key[:1] + golden) ^ key[1:])
    words = mixed(mixed(ad_id.astype(np.uint64) + golden) ^ stream)
    first = ((words >> np.uint64(11)).astype(np.float64) + 0.5) * TO_UNIT
    second = (mixed(words + golden) >> np.uint64(11)).astype(np.float64) * TO_UNIT
    return np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second)
