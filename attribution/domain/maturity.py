"""How much of what a click will earn is told by its age, so that young ads are not punished for being young.

A deal counts on the day of its lead, with what it is worth today: a stage's worth is an expectation, so what a deal does later
moves it up as often as down, and what young clicks lack is the leads that are still to come. When the CRM last changed a deal
says nothing of that, and of deals that came by a first sync or a file it is all that their booking's date tells.

Clicks of different ages are cut off at today, so late leads of young clicks are not seen yet. The reverse hazard of an age is
what leads of that age are worth, of all leads up to it, among clicks that are at least that old; going back from the oldest
age, F(a − 1) = F(a) · (1 − r(a)). That is Kaplan and Meier's estimator turned around for right truncation (Lagakos, Barraj
and De Gruttola 1988), on amounts instead of counts, which actuaries know as the chain ladder.

It is assumed that leads are known when they come. While a file or a sync is behind, the last days look poorer than they are,
and the curve faster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution.domain.delays import WINDOW

LONGEST = int(WINDOW)
"""Days; no lead is matched to an older click."""
FULL_WEEK = 7
"""So many days of clicks must have reached an age before anything is said of it."""
TOO_YOUNG = 0.05
"""A share below it says too little to be divided by."""


@dataclass(frozen=True)
class Maturity:
    """`share[age]`: the part of what a click earns by the oldest age whose leads came by `age` days; the last one is 1."""

    share: np.ndarray
    observed: np.ndarray
    """By age: what the leads of clicks at least that old are worth that came by that age."""

    def at(self, ages: np.ndarray) -> np.ndarray:
        """By age in days; 1 past the oldest one, 0 before the click."""
        found = self.share[np.clip(ages, 0, self.share.size - 1)]
        return np.where(ages < 0, 0.0, found)


def learn_maturity(click_day: np.ndarray, age: np.ndarray, amount: np.ndarray, until: int) -> Maturity | None:
    """From credited leads: day of the click, days until the lead, amount that stands; equal lengths, days as whole numbers.

    `until` is the last full day. None while less than a week of clicks has an age worth a curve, or nothing was earned.
    """
    seen = (click_day + age <= until) & (age >= 0) & (age <= LONGEST)
    click_day, age, amount = click_day[seen], age[seen], amount[seen].astype(float)
    if not click_day.size:
        return None
    oldest = min(until - int(click_day.min()) - FULL_WEEK + 1, LONGEST)
    if oldest < FULL_WEEK:
        return None
    shape = (until - int(click_day.min()) + 1, oldest + 1)
    triangle = np.zeros(shape)
    inside = age <= oldest
    np.add.at(triangle, (until - click_day[inside], age[inside]), amount[inside])
    come = triangle.cumsum(axis=1)
    share, observed = np.ones(oldest + 1), np.zeros(oldest + 1)
    for this in range(oldest, -1, -1):
        # Rows are how old the clicks are today: those that have reached this age.
        observed[this] = come[this:, this].sum()
        if this and observed[this] > 0:
            share[this - 1] = share[this] * (1 - triangle[this:, this].sum() / observed[this])
        elif this:
            share[this - 1] = share[this]
    if observed[0] <= 0 and not (observed > 0).any():
        return None
    return Maturity(np.clip(share, 0.0, None), observed)
