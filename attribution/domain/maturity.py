"""How much of what a click will earn is booked by its age, so that young ads are not punished for being young.

A stage's worth is an expectation, so what a deal does later moves it up as much as down. What young clicks lack is the leads
that are still to come, and the amounts of leads that came without one (`told_amounts.py`). So a deal counts on the day of its
lead, with what it is worth today. The day on which it was booked would not do: for deals of a first sync or a file it is the
day on which the CRM last changed them.

Clicks of different ages are cut off at today, so late leads of young clicks are not seen yet. The reverse hazard of an age is
what leads of that age are worth, of all leads up to it, among clicks that are at least that old; going back from the oldest
age, F(a − 1) = F(a) · (1 − r(a)). That is Kaplan and Meier's estimator turned around for right truncation (Lagakos, Barraj
and De Gruttola 1988), on amounts instead of counts, which actuaries know as the chain ladder.

It is assumed that leads are known when they come. While a file or a sync is behind, the last days look poorer than they are,
and the curve faster.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from attribution.domain.delays import WINDOW
from attribution.domain.told_amounts import told_by_age

LONGEST = int(WINDOW)
"""Days; no lead is matched to an older click."""
FULL_WEEK = 7
"""So many days of clicks must have reached an age before anything is said of it."""
TOO_YOUNG = 0.05
"""A share below it says too little to be divided by."""


@dataclass(frozen=True)
class CreditedLeads:
    """Leads that ads are credited for, in equal lengths; days as whole numbers."""

    click_day: np.ndarray
    age: np.ndarray
    """Days from the click to the lead."""
    booked: np.ndarray
    """What is booked for them today."""
    untold: np.ndarray
    """What those without an amount are taken to be worth."""


@dataclass(frozen=True)
class Maturity:
    came: np.ndarray
    """By age of the click: the part of what clicks earn by the oldest age whose leads came by then; the last one is 1."""
    told: np.ndarray
    """By age of the lead: the part of what leads are worth whose amount is told by then; the last one is 1."""
    observed: np.ndarray
    """By age of the click: what the leads of clicks at least that old are worth that came by that age."""

    @cached_property
    def share(self) -> np.ndarray:
        """By age of the click: the part of what it earns that is booked, each lead told as far as its own age says."""
        told = np.append(self.told, np.ones(self.came.size - 1))
        return np.convolve(np.diff(self.came, prepend=0.0), told)[: told.size]

    def at(self, ages: np.ndarray) -> np.ndarray:
        """By age in days, parts of a day in between; 1 past the oldest one, 0 before the click's day is over."""
        return np.interp(ages, np.arange(self.share.size), self.share, left=0.0)


def learn_maturity(leads: CreditedLeads, until: int) -> Maturity | None:
    """`until` is the last full day. None while less than a week of clicks has an age worth a curve, or nothing was earned."""
    seen = (leads.click_day + leads.age <= until) & (leads.age >= 0) & (leads.age <= LONGEST)
    click_day, age, booked, untold = (part[seen] for part in (leads.click_day, leads.age, leads.booked, leads.untold))
    if not click_day.size:
        return None
    oldest = min(until - int(click_day.min()) - FULL_WEEK + 1, LONGEST)
    if oldest < FULL_WEEK:
        return None
    triangle = np.zeros((until - int(click_day.min()) + 1, oldest + 1))
    inside = age <= oldest
    np.add.at(triangle, (until - click_day[inside], age[inside]), (booked + untold)[inside])
    come = triangle.cumsum(axis=1)
    came, observed = np.ones(oldest + 1), np.zeros(oldest + 1)
    for this in range(oldest, -1, -1):
        # Rows are how old the clicks are today: those that have reached this age.
        observed[this] = come[this:, this].sum()
        if this and observed[this] > 0:
            came[this - 1] = came[this] * (1 - triangle[this:, this].sum() / observed[this])
        elif this:
            came[this - 1] = came[this]
    if not (observed > 0).any():
        return None
    return Maturity(np.clip(came, 0.0, None), told_by_age(until - click_day - age, booked, untold), observed)
