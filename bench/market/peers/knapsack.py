from __future__ import annotations

import numpy as np


def best_levels(levels: np.ndarray, worth: np.ndarray, budget: float, *, units: int) -> np.ndarray:
    """The multiple-choice knapsack by dynamic programming: one spend level an ad, money in whole units.

    `levels` and `worth` are levels × ads, levels ascending. Units are rounded, so that the sum may miss the budget by some tenths
    of a percent.
    """
    count, ads = levels.shape
    cost = np.rint(levels * (units / budget)).astype(int)
    slack = units - cost[0].sum()
    if slack <= 0:
        return levels[0]
    extra = cost - cost[0]
    best = np.zeros(slack + 1)
    chosen = np.zeros((ads, slack + 1), np.int16)
    for ad in range(ads):
        found = best + worth[0, ad]
        for level in range(1, count):
            more = extra[level, ad]
            if more > slack:
                break
            other = best[: slack + 1 - more] + worth[level, ad]
            better = other > found[more:]
            found[more:] = np.where(better, other, found[more:])
            chosen[ad, more:][better] = level
        best = found
    left, spend = slack, np.zeros(ads)
    for ad in range(ads - 1, -1, -1):
        level = chosen[ad, left]
        spend[ad] = levels[level, ad]
        left -= extra[level, ad]
    return spend
