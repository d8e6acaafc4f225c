"""The plainest reward model: a mean for every action in every situation, pulled towards the mean of all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
FOLDS = 5
MOST_PULL = 1e6


@dataclass(frozen=True)
class CellMeans:
    """`predicted`, `expected` and `model_variance` of a `LoggedDecisions`."""

    predicted: Array
    expected: Array
    model_variance: float


def cell_means(
    situation: NDArray[np.int64], action: NDArray[np.int64], reward: Array, evaluated: Array, *, folds: int = FOLDS
) -> CellMeans:
    """Predictions for 0/1 rewards by (situation, action), each decision's from the other folds alone.

    `situation`, `action` and `reward` are (decisions,); `evaluated` is (situations, actions), the evaluated policy's probabilities. A
    cell's mean is pulled towards the mean of all by as many decisions as cells are alike (beta-binomial by the method of moments;
    Morris, JASA 1983). That biases the direct method towards that mean in any one world; `model_variance`, the posterior's, is right over
    worlds whose cells differ as these do.
    """
    cell, fold = situation * evaluated.shape[1] + action, np.arange(len(reward)) % folds
    predicted, expected = np.empty(len(reward)), np.empty(len(reward))
    for held_out in range(folds):
        other, own = fold != held_out, fold == held_out
        mean = _fit(cell[other], reward[other], evaluated.size)[0]
        predicted[own] = mean[cell[own]]
        expected[own] = (evaluated * mean.reshape(evaluated.shape)).sum(axis=1)[situation[own]]
    return CellMeans(predicted, expected, _variance(situation, cell, reward, evaluated))


def _fit(cell: NDArray[np.int64], reward: Array, cells: int) -> tuple[Array, Array, float]:
    """By cell the pulled mean and the decisions behind it, and the pull."""
    count, earned = np.bincount(cell, minlength=cells), np.bincount(cell, reward, cells)
    overall = float(reward.mean())
    spread = overall * (1 - overall)
    between = _between(count, earned, overall, spread)
    pull = float(np.clip(spread / between - 1, 1.0, MOST_PULL)) if between > 0 else MOST_PULL
    return (earned + pull * overall) / (count + pull), count, pull


def _between(count: NDArray[np.int64], earned: Array, overall: float, spread: float) -> float:
    """Variance of the cells' true means: what their means vary by beyond chance."""
    seen = count > 0
    apart = count[seen] * (earned[seen] / count[seen] - overall) ** 2
    return float((apart.sum() - spread * seen.sum()) / max(count.sum(), 1))


def _variance(situation: NDArray[np.int64], cell: NDArray[np.int64], reward: Array, evaluated: Array) -> float:
    mean, count, pull = _fit(cell, reward, evaluated.size)
    share = np.bincount(situation, minlength=len(evaluated)) / len(situation)
    use = (share[:, None] * evaluated).ravel()
    overall = float(reward.mean())
    of_cells = float((use**2 * mean * (1 - mean) / (count + pull + 1)).sum())
    of_all = float((use * pull / (count + pull)).sum()) ** 2 * overall * (1 - overall) / len(reward)
    return of_cells + of_all
