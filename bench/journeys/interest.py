"""Times in which people are interested: they click ads and ask by themselves in the same days, and neither causes the other."""

from __future__ import annotations

import numpy as np

from bench.journeys.scenarios import Scenario

EPISODES = 2
"""Of each person over the days of a world."""
BOX_DAYS = 7.0
DECAY_DAYS = 3.0
"""Mean days from the start of interest to a click, and to an organic lead."""
MEAN_HOURS, FOLLOWS = 8.0, 0.6
"""Between a click and the organic lead beside it, and the share of such leads that come after the click."""


def episodes(scenario: Scenario, rng: np.random.Generator) -> np.ndarray:
    """Day on which each interest of each person begins. Shape (people, EPISODES)."""
    return rng.uniform(-BOX_DAYS, scenario.days, (scenario.people, EPISODES))


def interested_days(scenario: Scenario, starts: np.ndarray, person: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A day within one of each person's interests, outside the world where the interest is."""
    start = starts[person, rng.integers(0, EPISODES, person.size)]
    if scenario.interest == "box":
        return start + rng.uniform(0, BOX_DAYS, person.size)
    return start + rng.exponential(DECAY_DAYS, person.size)


def clustered_clicks(
    scenario: Scenario, person: np.ndarray, day: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same clicks in order, a part of them moved into their people's interests; and when those begin."""
    starts = episodes(scenario, rng)
    moved = np.flatnonzero(rng.random(person.size) < scenario.clicks_of_interest)
    days = interested_days(scenario, starts, person[moved], rng)
    inside = (days >= 0) & (days < scenario.days)
    day = day.copy()
    day[moved[inside]] = days[inside]
    order = np.argsort(day, kind="stable")
    return person[order], day[order], starts


def organic_leads(
    scenario: Scenario,
    starts: np.ndarray,
    click_person: np.ndarray,
    click_day: np.ndarray,
    count: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """People and days of organic leads in times of interest, `count` of them; all lie within the world."""
    person, day = np.empty(0, dtype=np.int64), np.empty(0)
    while person.size < count:
        near = rng.integers(0, click_person.size, 2 * count)
        if scenario.interest == "hours":
            after = np.where(rng.random(near.size) < FOLLOWS, 1, -1)
            days = click_day[near] + after * rng.exponential(MEAN_HOURS / 24, near.size)
        else:
            days = interested_days(scenario, starts, click_person[near], rng)
            days += rng.exponential(scenario.lag_days, near.size)
        inside = (days >= 0) & (days < scenario.days)
        person, day = np.concatenate([person, click_person[near][inside]]), np.concatenate([day, days[inside]])
    return person[:count], day[:count]
