"""Marketing mix modelling at the level of ads. Needs SciPy."""

from __future__ import annotations

import numpy as np

from bench.market.peers.history import History
from bench.market.policy import Brief, Events, Limits, Rows

WINDOW, WEEK = 56, 7
CARRY_OVER = (0.0, 0.3, 0.6, 0.8, 0.9)
HALF = (0.5, 1.0, 2.0, 4.0, 8.0)
PULL_DAYS = 10.0
AT_LEAST, AT_MOST = 0.5, 2.0


class MixModel:
    """Once a week: Hill curves on adstocked spend fitted to booked revenue by least squares, then SciPy's SLSQP with its gradient,
    each ad between half and twice its budget. As Robyn and PyMC-Marketing do for channels, here with an ad as a channel.

    Carry-over and half-saturation are chosen by account, an ad's own strength is pulled to the account's.
    """

    def reset(self, brief: Brief) -> None:
        self.brief, self.history = brief, History()
        self.planned, self.target = -WEEK, np.zeros(0)

    def observe(self, day: int, rows: Rows, events: Events) -> None:
        self.history.add(day, rows, events)

    def plan(self, day: int, rows: Rows, budget: float, limits: Limits) -> np.ndarray:
        if day - self.planned >= WEEK:
            self.planned, self.target = day, np.zeros(self.history.born.size)
            self.target[rows.ad_id[rows.ad_id < self.target.size]] = self._optimise(rows, budget)[
                rows.ad_id < self.target.size
            ]
        known = rows.ad_id < self.target.size
        target = np.where(known, self.target[np.where(known, rows.ad_id, 0)], 0.0)
        return np.where(target > 0, target, self.brief.test_budget)

    def _optimise(self, rows: Rows, budget: float) -> np.ndarray:
        from scipy.optimize import minimize

        strength, half = self._fit(rows)
        unit = budget / rows.ad_id.size
        start = np.where(rows.spend > 0, rows.spend, self.brief.test_budget) / unit
        start *= start.size / start.sum()
        strength, half = strength / strength.mean(), half / unit

        def lost(spend: np.ndarray) -> float:
            return -(strength * spend / (spend + half)).sum()

        def slope(spend: np.ndarray) -> np.ndarray:
            return -strength * half / (spend + half) ** 2

        found = minimize(
            lost,
            start,
            jac=slope,
            method="SLSQP",
            bounds=list(zip(AT_LEAST * start, AT_MOST * start, strict=True)),
            constraints=[{"type": "eq", "fun": lambda spend: spend.sum() - spend.size, "jac": np.ones_like}],
            options={"maxiter": 100, "ftol": 1e-7},
        )
        return np.maximum(found.x, 1e-6)

    def _fit(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """By ad: revenue a day at boundless spend, and the spend that brings half of it."""
        history, unit = self.history, self.brief.test_budget
        days = slice(max(history.day + 1 - WINDOW, 0), history.day + 1)
        spend, booked = history.spend[days], history.booked[days]
        strength, halves = np.zeros(rows.ad_id.size), np.zeros(rows.ad_id.size)
        known = history.known(rows.ad_id)
        for account in range(self.brief.accounts):
            members = np.flatnonzero((history.account == account) & (spend.sum(axis=0) > 0))
            own = rows.account_id == account
            fits = [(_least_squares(spend[:, members], booked[:, members], carry, half * unit), half) for carry in CARRY_OVER for half in HALF]  # fmt: skip
            (_, by_ad, common), half = min(fits, key=lambda fit: fit[0][0])
            all_ads = np.full(history.born.size, common)
            all_ads[members] = by_ad
            strength[own] = np.where(known[own], all_ads[np.where(known, rows.ad_id, 0)[own]], common)
            halves[own] = half * unit
        return np.maximum(strength, 1e-6), halves


def _least_squares(spend: np.ndarray, booked: np.ndarray, carry: float, half: float) -> tuple[float, np.ndarray, float]:
    """The squared error, each ad's strength pulled to the account's, and the account's."""
    curve, stock = spend / (spend + half), np.zeros_like(spend)
    held = np.zeros(spend.shape[1])
    for day, row in enumerate(curve):
        held = carry * held + (1 - carry) * row
        stock[day] = held
    common = (stock * booked).sum() / max((stock**2).sum(), 1e-9)
    pull = PULL_DAYS * (stock**2).sum() / max((spend > 0).sum(), 1)
    by_ad = ((stock * booked).sum(axis=0) + pull * common) / ((stock**2).sum(axis=0) + pull)
    return float(((booked - stock * by_ad) ** 2).sum()), np.maximum(by_ad, 0.0), max(float(common), 1e-9)
