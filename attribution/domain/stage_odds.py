"""How often deals that were in a stage are won: learnt from a pipeline's own history, shrunk toward what the CRM is set to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

STRENGTH = 10.0
"""The CRM's configured probability weighs as much as this many closed deals."""
ENOUGH = 20
"""From this many closed deals on, deals are valued with what was learnt."""
LEAST_MOVE = Decimal("0.01")
"""A learnt probability that moved less stays as it was, so that a night without news revalues nothing."""


@dataclass(frozen=True)
class Visit:
    """A deal that was in a stage: the days from its first entry until it closed, or until today while it is open."""

    days: float
    is_closed: bool
    is_won: bool


@dataclass(frozen=True)
class Odds:
    probability: Decimal
    closed: int
    won: int
    still_open: int


def learn_odds(visits: Sequence[Visit], configured: Decimal) -> Odds:
    """P(won | was in the stage) = (n · q + k · p) / (n + k), with n closed deals, p as configured, and k = `STRENGTH`.

    q is the share won among the visits, with open deals treated as censored: the cumulative incidence of winning against
    losing (Aalen and Johansen 1978). At each age t of the stage at which deals close,

        won(t) = won(t−) + open(t−) · wins_t / at_risk_t,     open(t) = open(t−) · (1 − closings_t / at_risk_t).

    Counting closed deals alone would favour the outcome that comes sooner, counting open ones as lost would punish young
    pipelines. The share open beyond the oldest closing was never observed to end and is left to p: q = won + open · p.
    """
    prior, closed, won = float(configured), sum(v.is_closed for v in visits), sum(v.is_won for v in visits)
    if not closed:
        return Odds(configured, 0, 0, len(visits))
    days = np.array([visit.days for visit in visits])
    ages, position = np.unique(days, return_inverse=True)
    closings = np.bincount(position, weights=[visit.is_closed for visit in visits])
    wins = np.bincount(position, weights=[visit.is_won for visit in visits])
    at_risk = len(visits) - np.searchsorted(np.sort(days), ages)
    open_after = np.cumprod(1 - closings / at_risk)
    open_before = np.concatenate([[1.0], open_after[:-1]])
    share = float(np.sum(open_before * wins / at_risk)) + float(open_after[-1]) * prior
    learnt = (closed * share + STRENGTH * prior) / (closed + STRENGTH)
    return Odds(Decimal(f"{learnt:.4f}"), closed, won, len(visits) - closed)


def odds_in_force(configured: Decimal, learnt: Decimal | None, closed: int) -> Decimal:
    """What deals in the stage are valued with: the learnt probability once `ENOUGH` deals stand behind it."""
    return configured if learnt is None or closed < ENOUGH else learnt
