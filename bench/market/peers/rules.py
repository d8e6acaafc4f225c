from __future__ import annotations

import numpy as np

from bench.market.peers.history import History
from bench.market.policy import Brief, Events, Limits, Rows

WINDOW, BAND, STEP = 14, 0.10, 0.20
LEAST, MOST = 0.4, 2.5
PAUSE_BELOW, PAUSE_AFTER_DAYS = 0.3, 7.0


class Rules:
    """An ad whose return of two weeks beats its account's by a tenth gets a fifth more a day, one that trails it a fifth less;
    never under 0.4 nor over 2.5 times the usual budget, without which the rule runs away with the lucky and does far worse."""

    def __init__(self, *, pauses: bool) -> None:
        self.pauses = pauses

    def reset(self, brief: Brief) -> None:
        self.brief, self.history = brief, History()

    def observe(self, day: int, rows: Rows, events: Events) -> None:
        self.history.add(day, rows, events)

    def plan(self, day: int, rows: Rows, budget: float, limits: Limits) -> np.ndarray:
        revenue, spend = self.history.recent("revenue", WINDOW), self.history.recent("spend", WINDOW)
        accounts = (self.history.account_total(figure, self.brief.accounts) for figure in (revenue, spend))
        target = np.divide(*accounts)[rows.account_id]
        own, spent = self.history.of(revenue, rows.ad_id), self.history.of(spend, rows.ad_id)
        ratio = own / np.maximum(spent * target, 1e-9)
        judged = spent >= 2 * self.brief.test_budget
        move = np.where(judged & (ratio > 1 + BAND), 1 + STEP, np.where(judged & (ratio < 1 - BAND), 1 - STEP, 1.0))
        moved = np.clip(rows.spend * move, LEAST * self.brief.test_budget, MOST * self.brief.test_budget)
        asked = np.where(rows.spend > 0, moved, np.where(spent > 0, 0.0, self.brief.test_budget))
        if self.pauses:
            hopeless = (ratio < PAUSE_BELOW) & (spent >= PAUSE_AFTER_DAYS * self.brief.test_budget)
            asked = np.where(hopeless, 0.0, asked)
        return asked
