"""What orders and refunds change in the memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio import order_value
from sampler.domain.portfolio.interval_width import BLOCK_DAYS, BLOCKS
from sampler.domain.portfolio.memory import Memory
from sampler.domain.portfolio.order_value import AccountValues
from sampler.domain.portfolio.row_checks import CheckedEvents

Slots = NDArray[np.int64]


def book_events(memory: Memory, day: int, events: CheckedEvents) -> None:
    """Orders and refunds booked on `day`. Those of ads long gone, or later than the horizon, only tell what an order is worth.

    A refund that is larger than any order is taken to be takes back an order that was capped: both leave as little behind as they brought.
    """
    slots = memory.ads.find(events.ad_id)
    slots, click_day, value = slots[slots >= 0], events.click_day[slots >= 0], events.value[slots >= 0]
    refund = value < 0
    logs, whole = _capped(memory, slots, np.abs(value))
    undone = refund & ~whole
    _count_orders(memory, slots[~refund], click_day[~refund], day)
    _weigh_orders(memory, slots[~refund], click_day[~refund], day, logs[~refund], 1.0)
    _take_back(memory, slots[refund & whole], np.exp(logs[refund & whole]))
    _uncount_orders(memory, slots[undone], click_day[undone])
    _weigh_orders(memory, slots[undone], click_day[undone], day, logs[undone], -1.0)


def _capped(memory: Memory, slots: Slots, value: np.ndarray) -> tuple[np.ndarray, NDArray[np.bool_]]:
    """The logs as they count, and whether they are those of the whole values."""
    accounts = memory.accounts
    of = ("log_value", "log_value_variance", "tail", "kept", "value_unsure")
    known, logs = AccountValues(*(accounts[name] for name in of)), order_value.logs_of(value)
    capped = order_value.capped(logs, memory.ads["account"][slots], known, accounts["orders"])
    return capped, capped == logs


def _take_back(memory: Memory, slots: Slots, value: np.ndarray) -> None:
    memory.ads["refunded"] += np.bincount(slots, value, len(memory.ads))
    memory.accounts["refunded"] += np.bincount(memory.ads["account"][slots], value, len(memory.accounts))


def _uncount_orders(memory: Memory, slots: Slots, click_day: Slots) -> None:
    converted, ring = memory.ads["converted"], memory.config.horizon + 1
    told = memory.today - click_day < ring
    np.add.at(converted, (slots[told], click_day[told] % ring), -1.0)
    np.maximum(converted, 0.0, out=converted)


def _count_orders(memory: Memory, slots: Slots, click_day: Slots, day: int) -> None:
    ads, accounts, config = memory.ads, memory.accounts, memory.config
    ring = config.horizon + 1
    told = (day - click_day < ring) & (memory.today - click_day < ring)
    slots, click_day = slots[told], click_day[told]
    account = ads["account"][slots]
    np.add.at(ads["converted"], (slots, click_day % ring), 1.0)
    weight = config.forget_value ** (memory.today - click_day)
    np.add.at(accounts["cohort_arrived"], (account, click_day % ring), weight)
    np.add.at(accounts["arrivals"], (account, day - click_day), weight)
    block = click_day // BLOCK_DAYS
    recent = memory.today // BLOCK_DAYS - block < BLOCKS
    np.add.at(ads["block_came"], (slots[recent], block[recent] % BLOCKS), 1.0)


def _weigh_orders(memory: Memory, slots: Slots, click_day: Slots, day: int, logs: np.ndarray, sign: float) -> None:
    """`sign` 1 of orders, -1 of those that are undone."""
    ads, accounts, ring = memory.ads, memory.accounts, memory.config.horizon + 1
    account = ads["account"][slots]
    told = (day - click_day < ring) & (memory.today - click_day < ring)
    np.add.at(ads["log_worth"], (slots[told], click_day[told] % ring), sign * logs[told])
    for table, at in ((ads, slots), (accounts, account)):
        count = np.bincount(at, minlength=len(table))
        table["orders"] = np.maximum(table["orders"] + sign * count, 0.0)
        table["log_values"] += sign * np.bincount(at, logs, len(table))
        table["values"] = np.maximum(table["values"] + sign * np.bincount(at, np.exp(logs), len(table)), 0.0)
    squares = accounts["squared_log_values"] + sign * np.bincount(account, logs * logs, len(accounts))
    accounts["squared_log_values"] = np.maximum(squares, 0.0)
