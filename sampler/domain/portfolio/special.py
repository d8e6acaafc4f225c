"""log Γ and its first two derivatives, for arrays, by recurrence and asymptotic series (Abramowitz & Stegun 6.1.41, 6.3.5, 6.3.18, 6.4.6, 6.4.12)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SHIFT = 6


def digamma_and_trigamma(x: Array) -> tuple[Array, Array]:
    """ψ(x) and ψ'(x) for x > 0; relative error below 1e-8.

    ψ(x) = ψ(x + 6) - Σ 1/(x + k) and ψ'(x) = ψ'(x + 6) + Σ 1/(x + k)², k = 0 … 5; the series hold from 6 on.
    """
    steps = 1.0 / (x[..., None] + np.arange(SHIFT))
    shifted = x + SHIFT
    inverse = 1.0 / shifted
    square = inverse * inverse
    digamma = np.log(shifted) - inverse / 2 - square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square / 240)))
    trigamma = inverse * (1 + inverse / 2 + square * (1 / 6 - square * (1 / 30 - square * (1 / 42 - square / 30))))
    return digamma - steps.sum(axis=-1), trigamma + (steps * steps).sum(axis=-1)


def log_gamma(x: Array) -> Array:
    """log Γ(x) for x > 0; absolute error below 1e-8.

    log Γ(x) = log Γ(x + 6) - log(x·(x + 1)·…·(x + 5)); Stirling's series holds from 6 on.
    """
    product = x.copy()
    for step in range(1, SHIFT):
        product = product * (x + step)
    shifted = x + SHIFT
    inverse = 1.0 / shifted
    series = inverse * (1 / 12 - inverse**2 * (1 / 360 - inverse**2 / 1260))
    return (shifted - 0.5) * np.log(shifted) - shifted + 0.5 * np.log(2 * np.pi) + series - np.log(product)
