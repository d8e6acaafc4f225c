"""The engine in worlds that its usual benchmark does not know, each as small as shows it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.market.registry import make_policy
from bench.market.scenario import SCENARIOS
from bench.market.trial import Trial, run_policy

SEEDS = (100, 101, 102)


def trials(name: str, **changed: object) -> list[Trial]:
    return [run_policy(make_policy("own"), replace(SCENARIOS[name], **changed), seed) for seed in SEEDS]


@pytest.mark.parametrize(
    "name",
    [
        "young: sales on the day",
        "young: sales on the day and a tenth missing",
        "young: many sales",
        "young: unequal sizes",
    ],
)
def test_a_young_accounts_return_does_not_run_away(name):
    forecast = np.array([trial.forecast for trial in trials(name, days=21)])
    typical = np.exp(np.median(np.log(forecast), axis=0))
    assert typical.min() > 0.7 and typical.max() < 1.45
    assert forecast.max() < 3


def test_a_collapsed_ad_loses_its_budget_in_days():
    for trial in trials("collapse", days=45):
        budget = np.array(trial.victims) / trial.victims[0]
        assert budget[6] <= 0.5 and budget[13] <= 0.2, "days 0 and 1 are those before and of the collapse"
        assert trial.alarms <= 2


def test_a_sale_that_is_taken_back_leaves_its_ad_where_it_was():
    for trial in trials("refund", days=45):
        budget, forecast = np.array(trial.victims) / trial.victims[0], np.array(trial.forecast)
        assert budget.min() > 0.5
        assert forecast[30:].min() > 0.75 and forecast[30:].max() < 1.35


def test_a_week_of_triple_demand_is_forgotten_in_days():
    forecast = np.array([trial.forecast for trial in trials("demand week", days=50)])
    assert np.median(forecast[:, 30 + 7 + 3 :]) == pytest.approx(1.0, abs=0.15)


def test_little_of_what_is_moved_is_taken_back_the_next_day():
    trial = trials("quiet shop", days=30)[0]
    assert trial.taken_back < 0.2 * trial.moved
    assert np.mean(trial.churn) < 0.1


def test_every_world_can_be_asked_for_by_name():
    assert not [name for name in SCENARIOS if "," in name], "names are separated by commas"
