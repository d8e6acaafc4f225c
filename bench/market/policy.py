"""What a policy is shown and what it answers. Field names are those of `sampler.domain`, which the peers' interpreter lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Brief:
    """What everybody may know beforehand."""

    accounts: int
    ads: int
    """Alive at a time."""
    budget: float
    test_budget: float
    """What a new ad may be given at once."""
    step: float | None
    seed: int


@dataclass(frozen=True)
class Rows:
    """One entry an ad. When planning: yesterday's figures, spend 0 for a new ad. `frequency` is the one at the day's end."""

    ad_id: np.ndarray
    account_id: np.ndarray
    spend: np.ndarray
    impressions: np.ndarray
    clicks: np.ndarray
    frequency: np.ndarray
    vector: np.ndarray
    reach: np.ndarray | None = None
    """People who saw the ad that day, where that is told."""

    def of(self, chosen: np.ndarray) -> Rows:
        """The rows of which `chosen` is true."""
        if chosen.all():
            return self
        return Rows(**{name: None if part is None else part[chosen] for name, part in vars(self).items()})


@dataclass(frozen=True)
class Events:
    """Orders booked on a day, with the ad and the day of the click."""

    ad_id: np.ndarray
    click_day: np.ndarray
    value: np.ndarray

    def of(self, chosen: np.ndarray) -> Events:
        """The events of which `chosen` is true."""
        return Events(self.ad_id[chosen], self.click_day[chosen], self.value[chosen])


@dataclass(frozen=True)
class Limits:
    step: float | None
    launch: float

    def bounds(self, yesterday: np.ndarray, budget: float) -> tuple[np.ndarray, np.ndarray]:
        """The least and the most that each ad may be given."""
        if self.step is None:
            return np.zeros(yesterday.size), np.full(yesterday.size, budget)
        return (1 - self.step) * yesterday, np.maximum((1 + self.step) * yesterday, self.launch)


@dataclass(frozen=True)
class Forecast:
    """Revenue that a policy expects of each ad's budget, with the bounds of an 80 % interval, and those of the sum."""

    expected: np.ndarray
    low: np.ndarray
    high: np.ndarray
    total_low: float
    total_high: float


class Policy(Protocol):
    def reset(self, brief: Brief) -> None: ...

    def observe(self, day: int, rows: Rows, events: Events) -> None: ...

    def plan(self, day: int, rows: Rows, budget: float, limits: Limits) -> np.ndarray:
        """Budgets in the order of the rows; the guardrail makes them legal. A policy with `pauses` may stop an ad with 0."""
        ...
