"""Each day apart: what a policy that has seen the real past would have done with that day's total."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.market.guardrail import place
from bench.market.policy import Brief, Limits, Policy
from bench.replay.panel import Panel

STEP = 0.20


@dataclass(frozen=True)
class AccountDay:
    """One account's ads that spent on a day, all arrays (ads,): what they really spent, and the base that steps are taken from."""

    day: int
    account: int
    ads: np.ndarray
    spent: np.ndarray
    base: np.ndarray

    @property
    def total(self) -> float:
        return float(self.spent.sum())

    @property
    def limits(self) -> Limits:
        """An ad without a yesterday gets at most what it really spent; nothing is paused."""
        return Limits(STEP, np.where(self.base > 0, 0.0, self.spent))


def account_days(panel: Panel, first: int) -> list[AccountDay]:
    """From day `first` on. The base is yesterday's split, scaled to the day's total less what ads without a yesterday really spent."""
    found = []
    for day in range(first, panel.days):
        for account in range(panel.accounts):
            ads = np.flatnonzero((panel.account == account) & (panel.spend[day] > 0))
            spent, yesterday = panel.spend[day, ads], panel.spend[day - 1, ads]
            if len(ads) > 1 and yesterday.sum() > 0:
                base = yesterday * (spent[yesterday > 0].sum() / yesterday.sum())
                found.append(AccountDay(day, account, ads, spent, base))
    return found


def replayed(policy: Policy, panel: Panel, days: list[AccountDay], *, seed: int) -> list[np.ndarray]:
    """The policy's budgets for each account day: at most ±20 % off the base, an ad without a yesterday at most what it really spent.

    Before a day it has seen what really happened on all days before it, under the advertiser's own split.
    """
    first = days[0].day
    usual = float(np.median(panel.spend[:first][panel.spend[:first] > 0]))
    policy.reset(Brief(panel.accounts, panel.spend.shape[1], float(days[0].total), usual, STEP, seed))
    known, plans, at = np.zeros(panel.spend.shape[1], dtype=bool), [], 0
    for day in range(panel.days):
        while at < len(days) and days[at].day == day:
            plans.append(_planned(policy, panel, days[at]))
            at += 1
        rows = panel.told(day)
        known[rows.ad_id] = True
        policy.observe(day, rows, panel.events(day, known))
    return plans


def _planned(policy: Policy, panel: Panel, asked: AccountDay) -> np.ndarray:
    rows = panel.rows(asked.day - 1, asked.ads, asked.base)
    wanted = np.asarray(policy.plan(asked.day, rows, asked.total, asked.limits), float)
    return place(wanted, asked.base, asked.total, asked.limits, pauses=False)


def kept(asked: AccountDay) -> np.ndarray:
    """Yesterday's split once more."""
    return np.where(asked.base > 0, asked.base, asked.spent)
