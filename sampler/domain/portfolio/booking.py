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
    """Orders and refunds booked on `day`. Those of ads long gone, or later than the horizon, only tell what an order is worth."""
    slots = memory.ads.find(events.ad_id)
    slots, click_day, value = slots[slots >= 0], events.click_day[slots >= 0], events.value[slots >= 0]
    refund = value < 0
    _take_back(memory, slots[refund], -value[refund])
    _count_orders(memory, slots[~refund], click_day[~refund], day)
    _weigh_orders(memory, slots[~refund], click_day[~refund], day, value[~refund])


def _take_back(memory: Memory, slots: Slots, value: np.ndarray) -> None:
    value = np.minimum(value, np.exp(order_value.MOST_LOG))
    memory.ads["refunded"] += np.bincount(slots, value, len(memory.ads))
    memory.accounts["refunded"] += np.bincount(memory.ads["account"][slots], value, len(memory.accounts))


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


def _weigh_orders(memory: Memory, slots: Slots, click_day: Slots, day: int, value: np.ndarray) -> None:
    ads, accounts = memory.ads, memory.accounts
    account = ads["account"][slots]
    of = ("log_value", "log_value_variance", "tail", "kept", "value_unsure")
    known = AccountValues(*(accounts[name] for name in of))
    logs = order_value.capped(order_value.logs_of(value), account, known, accounts["orders"])
    ring = memory.config.horizon + 1
    told = (day - click_day < ring) & (memory.today - click_day < ring)
    np.add.at(ads["log_worth"], (slots[told], click_day[told] % ring), logs[told])
    for table, at in ((ads, slots), (accounts, account)):
        table["orders"] += np.bincount(at, minlength=len(table))
        table["log_values"] += np.bincount(at, logs, len(table))
        table["values"] += np.bincount(at, np.exp(logs), len(table))
    accounts["squared_log_values"] += np.bincount(account, logs * logs, len(accounts))
