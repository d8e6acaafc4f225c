"""Decisions as they were logged, and the checks they pass before anything is estimated from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LoggedDecisions:
    """One entry a decision, all (decisions,), in any order.

    `reward` is what came of it. `logged` and `evaluated` are the probabilities, or densities, of just that decision under the policy that
    took it (above zero) and under the one that is asked about (zero or more). Of a reward model, fitted without this decision:
    `predicted` for the decision taken, `expected` as the mean over the evaluated policy's decisions in the same situation, and
    `model_variance`, the variance of mean(expected) that comes from the model having been learnt.
    """

    reward: ArrayLike
    logged: ArrayLike
    evaluated: ArrayLike
    predicted: ArrayLike | None = None
    expected: ArrayLike | None = None
    model_variance: float = 0.0


@dataclass(frozen=True)
class Checked:
    reward: Array
    weight: Array
    predicted: Array | None
    expected: Array | None
    model_variance: float


def checked(log: LoggedDecisions) -> Checked:
    """The importance weights with all they go with. ValueError names the field and the first bad index."""
    count = np.size(log.reward)
    if not count:
        raise ValueError("reward is empty: first bad index 0")
    if (log.predicted is None) != (log.expected is None):
        raise ValueError("predicted and expected go together: one of them is missing")
    reward = row_of_numbers("reward", log.reward, count)
    logged = row_of_numbers("logged", log.logged, count)
    evaluated = row_of_numbers("evaluated", log.evaluated, count)
    refuse("logged", logged, logged <= 0, "is not above zero")
    refuse("evaluated", evaluated, evaluated < 0, "is negative")
    predicted, expected = (
        None if given is None else row_of_numbers(field, given, count)
        for field, given in (("predicted", log.predicted), ("expected", log.expected))
    )
    if not 0 <= log.model_variance < np.inf:
        raise ValueError(f"model_variance is {log.model_variance}: a variance, 0 or more")
    return Checked(reward, evaluated / logged, predicted, expected, float(log.model_variance))


def row_of_numbers(field: str, given: ArrayLike, count: int) -> Array:
    values = np.asarray(given)
    if values.ndim != 1 or values.dtype.kind not in "biuf":
        raise ValueError(f"{field} is not a row of numbers: first bad index 0")
    if len(values) != count:
        raise ValueError(f"{field} has {len(values)} values for {count}: first bad index {min(count, len(values))}")
    values = values.astype(np.float64)
    refuse(field, values, ~np.isfinite(values), "is not a number")
    return values


def refuse(field: str, values: NDArray, bad: NDArray[np.bool_], why: str) -> None:
    if bad.any():
        at = int(np.argmax(bad))
        raise ValueError(f"{field}[{at}] {why}: {values[at]}")
