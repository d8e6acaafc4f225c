"""What Meta's own scores say about how much each key counts, once there are enough of them."""

from __future__ import annotations

import numpy as np

LEAST_ROWS = 30
FOLDS = 5
ROUNDS = 500


def fit_weights(coverage: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The non-negative weights (keys,) whose sum over the `coverage` (rows × keys, shares of one) comes closest to `scores` (rows,).

    Non-negative least squares by cyclic coordinate descent, which converges because the problem is convex (Lawson and Hanson, Solving
    Least Squares Problems, ch. 23, state the problem).
    """
    gram, target = coverage.T @ coverage, coverage.T @ scores
    weights = np.zeros(coverage.shape[1])
    for _ in range(ROUNDS):
        for key in np.flatnonzero(np.diag(gram)):
            rest = target[key] - gram[key] @ weights + gram[key, key] * weights[key]
            weights[key] = max(0.0, rest / gram[key, key])
    return weights


def error_on_unseen(coverage: np.ndarray, scores: np.ndarray) -> float | None:
    """Mean absolute error, in points, on rows that the weights were not fitted on (every fifth in turn); None for too few rows."""
    if len(scores) < LEAST_ROWS:
        return None
    fold = np.arange(len(scores)) % FOLDS
    errors = [
        np.abs(coverage[fold == one] @ fit_weights(coverage[fold != one], scores[fold != one]) - scores[fold == one])
        for one in range(FOLDS)
    ]
    return float(np.concatenate(errors).mean())
