"""What befalls a market in the middle of it: one ad collapses, a sale is mistyped and taken back, everybody buys for a week."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.market.policy import Events

if TYPE_CHECKING:
    from bench.market.world import World

COLLAPSE, TRIPLE, WEEK = 0.05, 3.0, 7
MISTYPED, TAKEN_BACK_AFTER = 1e6, 3


def befall(world: World, day: int) -> None:
    """Changes what is true from `day` on, before anything of the day happens. The victim is the ad with the largest budget then."""
    scenario = world.scenario
    since = day - scenario.warm_up - scenario.upset_day
    if not scenario.upset or since < 0:
        return
    if since == 0:
        world.victim = _largest(world, day)
        world.ads.dies[world.victim] = scenario.horizon
        _begin(world, day)
    if scenario.upset == "refund" and since in (0, TAKEN_BACK_AFTER):
        value = MISTYPED if since == 0 else -MISTYPED
        world.book(day, Events(np.array([world.victim]), np.array([day - since]), np.array([value])))


def _begin(world: World, day: int) -> None:
    ads, upset = world.ads, world.scenario.upset
    if upset == "collapse":
        ads.conversion[day:, world.victim] += np.log(COLLAPSE)
    elif upset == "collapse of value":
        ads.order[world.victim] *= COLLAPSE
    elif upset == "demand":
        ads.conversion[day : day + WEEK] += np.log(TRIPLE)
    elif upset == "visits":
        ads.clicks[day : day + WEEK] += np.log(TRIPLE)


def _largest(world: World, day: int) -> int:
    alive = world.alive(day)
    return int(alive[np.argmax(np.where(world.ads.born[alive] < day, world.last["spend"][alive], -1.0))])
