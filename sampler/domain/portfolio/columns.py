"""What is remembered of each ad and of each account."""

from __future__ import annotations

import numpy as np

from sampler.domain.portfolio import weekday
from sampler.domain.portfolio.interval_width import BLOCKS
from sampler.domain.portfolio.table import Column

LONG_AGO = -(2**40)


def ad_columns(horizon: int) -> dict[str, Column]:
    """`clicks`, `converted` and `log_worth`, the summed logs of what conversions are worth, are rings by click day modulo horizon + 1.

    `broke`, `broke_value`: the first click day since an ad's conversions, or the worth of them, broke with their past. `open_*` is what was believed before the last day was told of."""
    ring = (horizon + 1,)
    return {
        "account": Column(0, (), np.int64),
        "first_day": Column(0, (), np.int64),
        "last_day": Column(LONG_AGO, (), np.int64),
        "level": Column(0, (3,)),
        "spread": Column(0, (3, 3)),
        "open_level": Column(0, (3,)),
        "open_spread": Column(0, (3, 3)),
        "begun": Column(False, (), np.bool_),
        "pivot": Column(),
        "open_pivot": Column(),
        "log_spend": Column(),
        "error": Column(),
        "frequency": Column(),
        "open_frequency": Column(),
        "impressions": Column(),
        "seen": Column(),
        "open_seen": Column(),
        "clicks": Column(0, ring, np.float32),
        "converted": Column(0, ring, np.float32),
        "log_worth": Column(0, ring, np.float32),
        "broke": Column(LONG_AGO, (), np.int64),
        "broke_value": Column(LONG_AGO, (), np.int64),
        "alarm_day": Column(LONG_AGO, (), np.int64),
        "came": Column(),
        "old_came": Column(),
        "orders": Column(),
        "log_values": Column(),
        "values": Column(),
        "refunded": Column(),
        "promised": Column(0, (BLOCKS,), np.float32),
        "promised_variance": Column(0, (BLOCKS,), np.float32),
        "promised_own": Column(0, (BLOCKS,), np.float32),
        "block_came": Column(0, (BLOCKS,), np.float32),
        "exposure": Column(),
        "old_exposure": Column(),
        "prior_rate": Column(0.01),
        "prior_variance": Column(),
        "rate_log": Column(),
        "rate_variance": Column(1.0),
        "rate_scatter": Column(),
        "log_value": Column(),
        "log_value_variance": Column(),
        "kept": Column(1.0),
    }


def account_columns(horizon: int) -> dict[str, Column]:
    """Row 0 belongs to no account: it knows what all accounts together know."""
    ages = (horizon + 1,)
    return {
        "cohort_weight": Column(1.0, ages),
        "cohort_arrived": Column(0, ages),
        "arrivals": Column(0, ages),
        "orders": Column(),
        "log_values": Column(),
        "squared_log_values": Column(),
        "values": Column(),
        "refunded": Column(),
        "weekday_clicks": Column(0, (7,)),
        "alarm_day": Column(LONG_AGO, (), np.int64),
        "reached": Column(1.0, ages),
        "weekday": Column(1.0, (7,)),
        "weekday_unsure": Column(weekday.SPREAD**2, (7,)),
        "log_value": Column(),
        "log_value_variance": Column(1.0),
        "delay_unsure": Column(),
        "demand": Column(1.0, ages),
        "demand_next": Column(1.0),
        "demand_unsure": Column(),
        "tail": Column(),
        "value_unsure": Column(1.0),
        "kept": Column(1.0),
    }
