"""A new day: what was known grows older before anything is told of it."""

from __future__ import annotations

import numpy as np

from sampler.domain.portfolio import breaks, interval_width
from sampler.domain.portfolio.interval_width import BLOCK_DAYS, BLOCKS
from sampler.domain.portfolio.memory import Memory


def open_day(memory: Memory, day: int) -> None:
    """Moves `today` forward to `day`, over any number of skipped days; a day not later than `today` changes nothing."""
    if memory.today is None:
        memory.today = day
    elif day > memory.today:
        block, before = day // BLOCK_DAYS, memory.today // BLOCK_DAYS
        if block > before:
            for late in range(max(before + 1, block - BLOCKS + 1), block + 1):
                _judge_forecast(memory, late % BLOCKS, late - BLOCKS)
        _grow_older(memory, day)
        memory.today = day
        if block > before:
            memory.forget_gone_ads()
            _write_forecast(memory, block % BLOCKS)


def _grow_older(memory: Memory, day: int) -> None:
    ads, accounts, config = memory.ads, memory.accounts, memory.config
    ring, days = config.horizon + 1, day - memory.today
    for cohort in range(memory.today + 1, memory.today + min(days, ring) + 1):
        _leave(memory, cohort % ring, cohort - ring)
    for name in ("arrivals", "cohort_arrived", "orders", "log_values", "squared_log_values", "values", "refunded"):
        accounts[name] *= config.forget_value**days
    for name in ("orders", "log_values", "values", "refunded"):
        ads[name] *= config.forget_value**days
    accounts["cohort_weight"] *= config.forget**days
    for name in ("old_came", "old_exposure"):
        ads[name] *= config.forget**days
    for cohort in range(day - min(days, ring) + 1, day + 1):
        accounts["cohort_weight"][:, cohort % ring] = config.forget ** (day - cohort)
        accounts["demand"][:, cohort % ring] = accounts["demand_next"]


def _leave(memory: Memory, at: int, day: int) -> None:
    """The clicks of `day` are older than the horizon: what they brought is all that they will bring."""
    ads, accounts = memory.ads, memory.accounts
    weight = accounts["cohort_weight"][:, at]
    full = weight * accounts["weekday"][:, day % 7] * accounts["demand"][:, at]
    clicks, kept = ads["clicks"][:, at], np.where(day < ads["broke"], breaks.KEPT, 1.0)
    ads["old_exposure"] += kept * clicks * full[ads["account"]]
    ads["old_came"] += kept * np.where(clicks > 0, ads["converted"][:, at], 0.0) * weight[ads["account"]]
    accounts["cohort_arrived"][:, at] = 0
    ads["clicks"][:, at] = 0
    ads["converted"][:, at] = 0
    ads["log_worth"][:, at] = 0


def rates(memory: Memory) -> np.ndarray:
    """Each ad's conversions per click as they are expected now."""
    ads, shape = memory.ads, memory.own_shape()
    return (shape + ads["came"]) / (shape / ads["prior_rate"] + ads["exposure"])


def _write_forecast(memory: Memory, at: int) -> None:
    ads, accounts = memory.ads, memory.accounts
    ads["promised"][:, at] = rates(memory) * accounts["demand_next"][ads["account"]]
    ads["promised_variance"][:, at] = ads["rate_variance"] + accounts["demand_unsure"][ads["account"]]
    ads["promised_own"][:, at] = ads["exposure"] / (ads["exposure"] + memory.own_shape() / ads["prior_rate"])
    ads["block_came"][:, at] = 0


def _judge_forecast(memory: Memory, at: int, block: int) -> None:
    ads, config = memory.ads, memory.config
    ring = config.horizon + 1
    days = np.arange(block * BLOCK_DAYS, (block + 1) * BLOCK_DAYS)
    days = days[(memory.today - days >= 0) & (memory.today - days < ring)]
    if not len(days) or not len(ads):
        return
    accounts = memory.accounts
    ripe = accounts["reached"][:, memory.today - days] * accounts["weekday"][:, days % 7]
    exposure = np.einsum("nk,nk->n", ads["clicks"][:, days % ring], ripe[ads["account"]])
    memory.width = interval_width.relearned(
        memory.width,
        ads["account"],
        ads["block_came"][:, at],
        exposure * ads["promised"][:, at],
        ads["promised_variance"][:, at],
        ads["promised_own"][:, at],
    )
    ads["promised"][:, at] = 0
    ads["block_came"][:, at] = 0
