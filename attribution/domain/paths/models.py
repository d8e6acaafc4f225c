"""Every model in one pass over the same journeys."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.domain.paths.hazard import fit_hazard
from attribution.domain.paths.heuristics import RULES
from attribution.domain.paths.journeys import Credit, Journeys, Reals, credit
from attribution.domain.paths.markov import markov
from attribution.domain.paths.shapley import Values, shapley

NAMES = {
    "first": "First touch",
    "last": "Last touch",
    "last_non_direct": "Last non-direct",
    "linear": "Linear",
    "position": "Position",
    "time_decay": "Time decay",
    "hazard": "Data-driven",
    "markov": "Markov",
    "shapley": "Shapley",
}
TOUCH_MODELS = (*RULES, "hazard")
"""Models that say which touch earned it; the last two know channels only."""


@dataclass(frozen=True)
class Comparison:
    channels: tuple[str, ...]
    credits: dict[str, Credit]
    """By model, in the order of NAMES."""
    shapley: Values


def compare(journeys: Journeys, *, seed: int = 0) -> Comparison:
    """All models on journeys with ages. Each one's credit sums to the journeys' conversions and value."""
    earning = journeys.earning()
    credits = {name: credit(earning, rule(earning)) for name, rule in RULES.items()}
    credits["hazard"] = credit(earning, fit_hazard(journeys).shares(earning))
    credits["markov"] = markov(journeys)
    credits["shapley"], values = shapley(journeys, seed=seed)
    return Comparison(journeys.channels, credits, values)


def touch_shares(journeys: Journeys, model: str) -> Reals:
    """(touches,) shares of each path's worth by a model of TOUCH_MODELS. ValueError for another one."""
    if model not in TOUCH_MODELS:
        raise ValueError(f"model: must be one of {', '.join(TOUCH_MODELS)}, not {model!r}")
    return fit_hazard(journeys).shares(journeys) if model == "hazard" else RULES[model](journeys)
