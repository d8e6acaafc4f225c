"""The product's engine, as a policy of the market."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bench.market.policy import Brief, Events, Forecast, Limits, Rows
from sampler.domain import AdRows, Portfolio, PortfolioConfig, ValueEvents
from sampler.domain import Limits as OwnLimits
from sampler.domain.frequency_lately import frequency_lately


class Own:
    def __init__(self, *, learning_days: float = 0, **switches: object) -> None:
        self.config, self.learning_days = replace(PortfolioConfig(), **switches), learning_days
        self.forecast: Forecast | None = None

    def reset(self, brief: Brief) -> None:
        self.portfolio = Portfolio(self.config, seed=brief.seed)

    def observe(self, day: int, rows: Rows, events: Events) -> None:
        self.portfolio.observe(
            day=day, ads=_ads(rows), events=ValueEvents(events.ad_id, events.click_day, events.value)
        )

    def plan(self, day: int, rows: Rows, budget: float, limits: Limits) -> np.ndarray:
        until = self.portfolio.learning_until(rows.ad_id, rows.account_id, days=self.learning_days)
        floor = np.where(day < until, rows.spend, 0.0)
        own = OwnLimits(step=limits.step, floor=floor, ceiling=None, launch=limits.launch)
        plan = self.portfolio.plan(day=day, budget=budget, ads=_ads(rows), limits=own)
        self.alarmed = plan.alarmed_ads.tolist()
        self.forecast = Forecast(plan.expected, plan.low, plan.high, plan.total_low, plan.total_high)
        return plan.budget


class AsTold(Own):
    """The engine told what the product tells it today: no creative vectors, and frequency as it follows from the people reached each day."""

    def reset(self, brief: Brief) -> None:
        super().reset(brief)
        self.reported: list[np.ndarray] = []

    def observe(self, day: int, rows: Rows, events: Events) -> None:
        often = rows.impressions / np.where(rows.reach > 0, rows.reach, np.nan)
        self.reported.append(np.stack([rows.ad_id, np.full(len(often), day), rows.impressions, often]))
        lately = frequency_lately(*np.concatenate(self.reported, axis=1))[-len(often) :]
        super().observe(day, replace(rows, frequency=np.nan_to_num(lately), vector=None), events)

    def plan(self, day: int, rows: Rows, budget: float, limits: Limits) -> np.ndarray:
        return super().plan(day, replace(rows, frequency=None, vector=None), budget, limits)


def _ads(rows: Rows) -> AdRows:
    return AdRows(
        ad_id=rows.ad_id,
        account_id=rows.account_id,
        spend=rows.spend,
        impressions=rows.impressions,
        clicks=rows.clicks,
        frequency=rows.frequency,
        vector=rows.vector,
    )
