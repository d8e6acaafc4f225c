"""Stratum's models as one job of `bench.paths`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from attribution.domain.paths.hazard import fit_hazard
from attribution.domain.paths.heuristics import RULES
from attribution.domain.paths.journeys import Journeys, credit
from attribution.domain.paths.markov import markov
from attribution.domain.paths.shapley import shapley
from bench.path_data import NAMES, read
from bench.path_job import Credits, run_job


def _fresh(folder: Path) -> Callable[[], Journeys]:
    """New journeys over the same arrays each time: what they compute once is part of every run."""
    paths = read(folder)
    converted = paths.converted.astype(float)
    arrays = (paths.start, paths.channel, converted, converted, 1 - converted, paths.age / 24)
    return lambda: Journeys(NAMES, *arrays)


def _named(conversions: np.ndarray) -> dict[str, float]:
    return dict(zip(NAMES, conversions.tolist(), strict=True))


def _rules(names: tuple[str, ...], folder: Path) -> Callable[[], Credits]:
    fresh = _fresh(folder)

    def work() -> Credits:
        earning = fresh().earning()
        return {name: _named(credit(earning, RULES[name](earning)).conversions) for name in names}

    return work


def _markov(order: int, folder: Path) -> Callable[[], Credits]:
    fresh = _fresh(folder)
    return lambda: {"markov": _named(markov(fresh(), order).conversions)}


def _shapley(folder: Path) -> Callable[[], Credits]:
    fresh = _fresh(folder)

    def work() -> Credits:
        given, values = shapley(fresh())
        return {
            "shapley": _named(given.conversions),
            "standard error": {"largest": float(values.standard_error[:, 0].max())},
        }

    return work


def _hazard(folder: Path) -> Callable[[], Credits]:
    fresh = _fresh(folder)

    def work() -> Credits:
        journeys = fresh()
        earning = journeys.earning()
        return {"hazard": _named(credit(earning, fit_hazard(journeys).shares(earning)).conversions)}

    return work


JOBS = {
    "five": partial(_rules, ("first", "last", "linear", "position", "time_decay")),
    "three": partial(_rules, ("first", "last", "linear")),
    "markov": partial(_markov, 1),
    "markov 2": partial(_markov, 2),
    "shapley": _shapley,
    "hazard": _hazard,
}

if __name__ == "__main__":
    run_job(JOBS)
