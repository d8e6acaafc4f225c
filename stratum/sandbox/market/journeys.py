"""From a lead to its end: the steps a deal will take, drawn once when it is created."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from stratum.sandbox.crm.pipelines import Pipeline
from stratum.sandbox.market.verticals import Vertical

DELETED_SHARE, MERGED_SHARE, REOPENED_SHARE, REPRICED_SHARE = 0.015, 0.012, 0.03, 0.04


@dataclass(frozen=True)
class Step:
    """What happens to a deal at an instant: properties change, or it is deleted, or its duplicate is merged into it."""

    at: datetime
    what: str
    changes: dict[str, str | None] = field(default_factory=dict)


def plan_journey(
    rng: np.random.Generator,
    *,
    pipeline: Pipeline,
    vertical: Vertical,
    created_at: datetime,
    win_rate: float,
    value: float,
) -> list[Step]:
    """Steps in order of time. `value` is what the deal is worth if won, in its own currency."""
    won = bool(rng.random() < win_rate)
    days = float(rng.lognormal(np.log(vertical.close_days), 0.8)) * (1.0 if won else 0.9)
    closes_at = created_at + timedelta(days=max(0.05, days))
    visited = int(rng.integers(1, len(pipeline.open_stages)))
    shares = np.sort(rng.random(visited))
    steps = [
        Step(created_at + (closes_at - created_at) * float(share), "change", {"dealstage": stage.id})
        for share, stage in zip(shares, pipeline.open_stages[1 : visited + 1], strict=False)
    ]
    amount = f"{value:.2f}"
    if visited and rng.random() < 0.6:
        steps.append(
            Step(created_at + (closes_at - created_at) * float(rng.uniform(0.1, 0.9)), "change", {"amount": amount})
        )
    steps.append(Step(closes_at, "change", {"dealstage": pipeline.ending(won).id, "amount": amount}))
    steps += _afterwards(rng, pipeline, closes_at, won, value)
    steps += _accidents(rng, created_at, closes_at)
    steps.sort(key=lambda step: step.at)
    return steps


def _afterwards(
    rng: np.random.Generator, pipeline: Pipeline, closes_at: datetime, won: bool, value: float
) -> list[Step]:
    """Some deals are opened again and closed otherwise; some won amounts are corrected, mostly down."""
    chance = rng.random()
    if chance < REOPENED_SHARE:
        reopened_at = closes_at + timedelta(hours=float(rng.uniform(4, 72)))
        again_at = reopened_at + timedelta(days=float(rng.exponential(3.0)))
        ending = pipeline.ending(bool(rng.random() < 0.5))
        return [
            Step(reopened_at, "change", {"dealstage": pipeline.open_stages[-1].id}),
            Step(again_at, "change", {"dealstage": ending.id}),
        ]
    if won and chance < REOPENED_SHARE + REPRICED_SHARE:
        corrected = value * float(rng.choice([0.5, 0.8, 0.9, 1.15]))
        return [Step(closes_at + timedelta(days=float(rng.uniform(0.5, 9))), "change", {"amount": f"{corrected:.2f}"})]
    return []


def _accidents(rng: np.random.Generator, created_at: datetime, closes_at: datetime) -> list[Step]:
    chance = rng.random()
    moment = created_at + (closes_at - created_at) * float(rng.uniform(0.05, 1.4))
    if chance < DELETED_SHARE:
        return [Step(moment, "delete")]
    if chance < DELETED_SHARE + MERGED_SHARE:
        return [Step(moment, "absorb")]
    return []
