"""What a split that was not tried would have brought: no part of it is the engine's, or knows what a policy has seen.

Revenue of ad i on day t at spend s is taken as level(i, t)·s^b. The level is the revenue per spend^b of the ad's days t … t + AHEAD:
days that no policy has seen when it decides on t, so that no luck of the past can count twice. The elasticity b is learnt within
ads and weeks, and everything is told for other values of it too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.market.guardrail import place
from bench.replay.panel import Panel
from bench.replay.replaying import AccountDay

AHEAD, WEEK = 6, 7
ROUNDS, HALVINGS, STEEPEST = 50, 80, 0.98


@dataclass(frozen=True)
class Elasticity:
    value: float
    error: float
    """Standard error, by ad and week."""


def within_ads(panel: Panel, account: int | None = None) -> Elasticity:
    """By how many per cent an ad's revenue is higher on days of a week with one per cent more spend.

    Conditional Poisson by ad and week (Hausman, Hall & Griliches, Econometrica 1984), which needs no more than the mean to be right
    (Wooldridge, Journal of Econometrics 1999). It takes days of more spend to differ in nothing else: true where spend was set by
    chance, not where demand moved both.
    """
    groups = _ad_weeks(panel, account)
    b = 0.8
    for _ in range(ROUNDS):
        scores, curvature = _scores(groups, b)
        step = scores.sum() / max(curvature, 1e-12)
        b += float(np.clip(step, -0.5, 0.5))
        if abs(step) < 1e-9:
            break
    scores, curvature = _scores(groups, b)
    return Elasticity(b, float(np.sqrt((scores**2).sum()) / max(curvature, 1e-12)))


def _ad_weeks(panel: Panel, account: int | None) -> list[tuple[np.ndarray, np.ndarray]]:
    """Log spend and revenue of an ad's days in a week, where at least two of them spent and one earned."""
    found = []
    for ad in range(panel.spend.shape[1]):
        if account is not None and panel.account[ad] != account:
            continue
        for start in range(0, panel.days, WEEK):
            spend, revenue = (values[start : start + WEEK, ad] for values in (panel.spend, panel.revenue))
            spent = spend > 0
            if spent.sum() > 1 and revenue[spent].sum() > 0:
                found.append((np.log(spend[spent]), revenue[spent]))
    return found


def _scores(groups: list[tuple[np.ndarray, np.ndarray]], b: float) -> tuple[np.ndarray, float]:
    scores, curvature = [], 0.0
    for log_spend, revenue in groups:
        share = np.exp(b * (log_spend - log_spend.max()))
        share /= share.sum()
        mean = float(share @ log_spend)
        scores.append(float(revenue @ (log_spend - mean)))
        curvature += float(revenue.sum() * (share @ (log_spend - mean) ** 2))
    return np.array(scores), curvature


@dataclass(frozen=True)
class Evaluator:
    """`elasticity` (accounts,). `ahead` 0 uses the day's own revenue alone; `behind` takes in days that policies have learnt from, which
    is there to show what that does."""

    panel: Panel
    elasticity: np.ndarray
    ahead: int = AHEAD
    behind: int = 0

    def revenue(self, asked: AccountDay, budget: np.ndarray) -> float:
        """Of one account day at these budgets, (ads,)."""
        return float((self._level(asked) * budget ** self._exponent(asked)).sum())

    def best(self, asked: AccountDay) -> np.ndarray:
        """The split that it finds best itself within the limits, knowing the days that it values by, their luck included."""
        low, high = asked.limits.bounds(asked.base, asked.total)
        steepness = 1 / (1 - min(self._exponent(asked), STEEPEST))
        wanted = steepness * np.log(np.maximum(self._level(asked), 1e-9))
        # Equal marginal return: one shift of all logarithms, found by halving.
        most, least = np.log(high.max()) - wanted.min(), np.log(max(high.min(), 1e-9)) - wanted.max() - 30
        for _ in range(HALVINGS):
            shift = (most + least) / 2
            placed = np.clip(np.exp(np.clip(wanted + shift, -60, 60)), low, high)
            most, least = (shift, least) if placed.sum() > asked.total else (most, shift)
        return place(placed, asked.base, asked.total, asked.limits, pauses=False)

    def _exponent(self, asked: AccountDay) -> float:
        return float(self.elasticity[asked.account])

    def _level(self, asked: AccountDay) -> np.ndarray:
        days = slice(max(asked.day - self.behind, 0), asked.day + self.ahead + 1)
        spend, earned = self.panel.spend[days][:, asked.ads], self.panel.revenue[days][:, asked.ads]
        return np.where(spend > 0, earned, 0.0).sum(axis=0) / (spend ** self._exponent(asked)).sum(axis=0)
