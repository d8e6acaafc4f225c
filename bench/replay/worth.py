"""What splits of the same account days are worth beside each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.replay.evaluator import Evaluator
from bench.replay.replaying import AccountDay

WEEK, RESAMPLES = 7, 2_000
BEST = "had the coming week been known"


@dataclass(frozen=True)
class Worth:
    """Revenue of splits by account day, (account days,); of `BEST` too, which chance lifts above what can be reached."""

    week: np.ndarray
    revenue: dict[str, np.ndarray]

    def lift(self, name: str, over: str, pick: np.ndarray | None = None) -> float:
        chosen = slice(None) if pick is None else pick
        return float(self.revenue[name][chosen].sum() / self.revenue[over][chosen].sum() - 1)

    def interval(self, name: str, over: str) -> tuple[float, float]:
        """95 % by drawing weeks of accounts with replacement (percentile bootstrap; Efron & Tibshirani 1993)."""
        rng, blocks = np.random.default_rng(0), np.unique(self.week)
        own, other = (
            np.array([self.revenue[which][self.week == block].sum() for block in blocks]) for which in (name, over)
        )
        drawn = rng.integers(len(blocks), size=(RESAMPLES, len(blocks)))
        low, high = np.quantile(own[drawn].sum(axis=1) / other[drawn].sum(axis=1) - 1, (0.025, 0.975))
        return float(low), float(high)


def worth_of(evaluator: Evaluator, days: list[AccountDay], plans: dict[str, list[np.ndarray]]) -> Worth:
    week = np.array([day.account * 1_000 + day.day // WEEK for day in days])
    revenue = {
        name: np.array([evaluator.revenue(day, plan) for day, plan in zip(days, own, strict=True)])
        for name, own in plans.items()
    }
    revenue[BEST] = np.array([evaluator.revenue(day, evaluator.best(day)) for day in days])
    return Worth(week, revenue)
