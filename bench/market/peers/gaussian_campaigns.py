from __future__ import annotations

import numpy as np

from bench.market.peers.history import History
from bench.market.peers.knapsack import best_levels
from bench.market.policy import Brief, Events, Limits, Rows

WINDOW, LEVEL, BEND, LENGTH, NOISE, ELASTICITY = 28, 0.5, 0.3, 1.0, 0.2, 0.65
VALUE_WINDOW, LEVELS, PULL_DAYS = 60, 12, 20.0


class GaussianCampaigns:
    """AdComB (Nuara et al., arXiv 2003.01452): a Gaussian process of clicks over spend for every ad, a Gaussian value per click,
    and a multiple-choice knapsack over spend levels; by the mean (AdComB-Mean) or a draw (AdComB-TS).

    The process starts from a concave curve at the account's clicks per spend, and the value from the account's value per click,
    which the paper leaves to the user; from zero, or from a straight line, it does far worse.
    """

    def __init__(self, *, draws: bool) -> None:
        self.draws = draws

    def reset(self, brief: Brief) -> None:
        self.brief, self.history = brief, History()
        self.rng = np.random.default_rng([brief.seed, 14])

    def observe(self, day: int, rows: Rows, events: Events) -> None:
        self.history.add(day, rows, events)

    def plan(self, day: int, rows: Rows, budget: float, limits: Limits) -> np.ndarray:
        low, high = limits.bounds(rows.spend, budget)
        if limits.step is None:
            levels = np.geomspace(0.05, 16, 2 * LEVELS)[:, None] * np.full(low.size, self.brief.test_budget)
        else:
            levels = low + np.linspace(0, 1, LEVELS)[:, None] * (high - low)
        clicks = self._clicks(rows, levels)
        return best_levels(levels, clicks * self._value(rows), budget, units=20 * rows.ad_id.size)

    def _clicks(self, rows: Rows, levels: np.ndarray) -> np.ndarray:
        """Levels × ads: a process an ad over the log of its spend, on top of what the account's clicks per spend lead to expect."""
        history, unit = self.history, self.brief.test_budget
        days = slice(max(history.day + 1 - WINDOW, 0), history.day + 1)
        known = history.known(rows.ad_id)
        column = np.where(known, rows.ad_id, 0)
        spend = history.spend[days][:, column].T / unit
        used = (spend > 0.01) & known[:, None]
        totals = (
            history.account_total(history.recent(name, WINDOW), self.brief.accounts) for name in ("clicks", "spend")
        )
        usual = np.divide(*totals)[rows.account_id] * unit
        at, past = np.log(np.maximum(levels.T / unit, 0.01)), np.log(np.where(used, spend, 1.0))
        expected = usual[:, None] * np.exp(ELASTICITY * past)
        seen = np.where(used, history.clicks[days][:, column].T / expected - 1, 0.0)
        noise = np.where(used, 1 / np.maximum(expected, 0.5) + NOISE**2, 1e6)
        kernel = _kernel(past[:, :, None], past[:, None, :])
        kernel[:, np.arange(past.shape[1]), np.arange(past.shape[1])] += noise
        across = _kernel(at[:, :, None], past[:, None, :])
        solved = np.linalg.solve(kernel, np.concatenate([seen[:, :, None], across.transpose(0, 2, 1)], axis=2))
        mean = (across @ solved[:, :, :1])[:, :, 0]
        if self.draws:
            spread = _kernel(at[:, :, None], at[:, None, :]) - across @ solved[:, :, 1:]
            root = np.linalg.cholesky(spread + 1e-6 * np.eye(at.shape[1]))
            mean = mean + (root @ self.rng.normal(size=(*at.shape, 1)))[:, :, 0]
        return (np.maximum(1 + mean, 0.0) * np.exp(ELASTICITY * at)).T * usual

    def _value(self, rows: Rows) -> np.ndarray:
        history = self.history
        revenue, clicks = history.recent("revenue", VALUE_WINDOW), history.recent("clicks", VALUE_WINDOW)
        usual = np.divide(*(history.account_total(total, self.brief.accounts) for total in (revenue, clicks)))[
            rows.account_id
        ]
        own_clicks = history.of(clicks, rows.ad_id)
        pull = (
            PULL_DAYS * clicks.sum() / max(history.recent("spend", VALUE_WINDOW).sum(), 1e-9) * self.brief.test_budget
        )
        mean = (history.of(revenue, rows.ad_id) + pull * usual) / (own_clicks + pull)
        if not self.draws:
            return mean
        return np.maximum(
            mean + 0.5 * usual * np.sqrt(pull / (own_clicks + pull)) * self.rng.normal(size=mean.size), 0.0
        )


def _kernel(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """A level of the ad's own, and a smooth bend."""
    return LEVEL**2 + BEND**2 * np.exp(-((one - two) ** 2) / (2 * LENGTH**2))
