"""How restless click levels are, learnt from the engine's own errors (Mehra 1970: the errors of a right filter do not repeat)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Noise:
    """`variance` of a day's log clicks beyond counting; `drift`, the standard deviation of a level's step in a day."""

    variance: float = 0.04
    drift: float = 0.03


def relearned(noise: Noise, before: Array, now: Array) -> Noise:
    """From the standardised errors of the same ads on two days in a row.

    Errors that repeat ask for more drift, errors that turn around for less; errors larger than expected for more variance.
    """
    if not len(now):
        return noise
    trust = len(now) / (len(now) + 50.0)
    repeats = float(np.mean(before * now))
    size = float(np.mean(now * now))
    return replace(
        noise,
        variance=float(np.clip(noise.variance * np.exp(0.10 * trust * np.clip(size - 1, -1, 1)), 0.002, 0.5)),
        drift=float(np.clip(noise.drift * np.exp(0.15 * trust * np.clip(repeats, -1, 1)), 0.005, 0.15)),
    )
