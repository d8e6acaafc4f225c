"""The replay of real days: nobody sees the future, and what values splits is right where the truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.data_folder import DataMissing
from bench.market.guardrail import place
from bench.market.policy import Events
from bench.market.registry import make_policy
from bench.market.scenario import MIXED
from bench.open_bandit import campaigns_of, impressions, obd_folder, shown_shares
from bench.replay.evaluator import Evaluator, within_ads
from bench.replay.online_ads import online_ads
from bench.replay.panel import Panel
from bench.replay.replaying import STEP, account_days, kept, replayed
from bench.replay.simulated import known_market

SMALL = replace(MIXED, ads=24, accounts=2, warm_up=14, days=28, shock_day=14)
WARM_UP = 14


@pytest.fixture(scope="module")
def market():
    return known_market(SMALL, 3)


def power_panel(elasticity, days=140, ads=12):
    """Ads whose expected revenue is a power of spend, spend set by chance."""
    rng = np.random.default_rng(8)
    spend = np.exp(rng.normal(3, 0.4, (days, ads)))
    revenue = 20.0 * rng.poisson(rng.uniform(0.5, 2, ads) * spend**elasticity)
    none = np.zeros_like(spend)
    nothing = [Events(np.zeros(0, int), np.zeros(0, int), np.zeros(0))] * days
    return Panel(np.zeros(ads, int), spend, none, none, none, revenue, np.zeros((ads, 1)), nothing)


@pytest.mark.parametrize("elasticity", [0.5, 0.8, 1.0])
def test_the_elasticity_within_ads_is_found_where_spend_was_set_by_chance(elasticity):
    found = within_ads(power_panel(elasticity))
    assert found.error < 0.05
    assert abs(found.value - elasticity) < 3 * found.error


def test_spend_that_follows_demand_teaches_too_high_an_elasticity():
    by_chance, followed = (
        np.mean([within_ads(known_market(SMALL, seed, follows=follows).panel).value for seed in range(6)])
        for follows in (0.0, 3.0)
    )
    assert followed > by_chance + 0.1


def test_fewer_orders_are_told_of_and_none_is_made_up(market):
    panel = market.panel
    seen = panel.seen_through(0.25, np.random.default_rng(1))
    before, after = (sum(len(events.ad_id) for events in one.booked) for one in (panel, seen))
    assert after == pytest.approx(0.25 * before, rel=0.15)
    assert all(np.isin(few.value, every.value).all() for few, every in zip(seen.booked, panel.booked, strict=True))
    assert seen.revenue is panel.revenue


def test_a_day_by_itself_is_worth_what_it_really_brought(market):
    panel = market.panel
    days = account_days(panel, WARM_UP)
    alone = Evaluator(panel, np.full(2, 0.7), ahead=0)
    for day in days:
        assert alone.revenue(day, day.spent) == pytest.approx(panel.revenue[day.day, day.ads].sum())


def test_the_evaluator_is_right_about_splits_that_policies_ask_for():
    errors = []
    for seed in range(3):
        market = known_market(SMALL, seed)
        days = account_days(market.panel, WARM_UP)
        valued = Evaluator(market.panel, np.full(2, 0.7))
        for name in ("own", "proportional to ROAS", "equal split"):
            plans = replayed(make_policy(name), market.panel, days, seed=0)
            lifts = [
                sum(by.revenue(day, plan) for day, plan in zip(days, plans, strict=True))
                / sum(by.revenue(day, kept(day)) for day in days)
                for by in (valued, market)
            ]
            errors.append(lifts[0] - lifts[1])
    assert abs(np.mean(errors)) < 0.01
    assert np.abs(errors).max() < 0.04


@pytest.mark.parametrize("elasticity", [0.4, 0.7, 1.0])
def test_nothing_within_the_limits_is_worth_more_than_the_best(market, elasticity):
    valued, rng = Evaluator(market.panel, np.full(2, elasticity)), np.random.default_rng(4)
    for day in account_days(market.panel, WARM_UP)[::7]:
        best = valued.best(day)
        assert best.sum() == pytest.approx(day.total)
        for _ in range(50):
            other = place(rng.exponential(1, len(day.ads)) ** 4, day.base, day.total, day.limits, pauses=False)
            assert valued.revenue(day, other) <= valued.revenue(day, best) * (1 + 1e-6)


@pytest.mark.parametrize("name", ["own", "proportional to ROAS", "AdComB-TS"])
def test_a_policy_spends_the_days_total_within_a_step_and_sees_no_future(market, name):
    panel, until = market.panel, 30
    days = account_days(panel, WARM_UP)
    plans = replayed(make_policy(name), panel, days, seed=1)
    for day, plan in zip(days, plans, strict=True):
        assert plan.sum() == pytest.approx(day.total)
        known = day.base > 0
        assert (plan[known] >= (1 - STEP) * day.base[known] - 1e-6).all()
        assert (plan[known] <= (1 + STEP) * day.base[known] + 1e-6).all()
        assert (plan[~known] <= day.spent[~known] + 1e-6).all()
    rng = np.random.default_rng(0)
    later = panel.revenue.copy()
    later[until:] = rng.permutation(later[until:], axis=1)
    booked = [*panel.booked[:until], *([Events(np.zeros(0, int), np.zeros(0, int), np.zeros(0))] * (panel.days - until))]  # fmt: skip
    clicks = panel.clicks.copy()
    clicks[until:] *= 3
    again = replayed(make_policy(name), replace(panel, revenue=later, booked=booked, clicks=clicks), days, seed=1)
    for day, plan, other in zip(days, plans, again, strict=True):
        if day.day <= until:
            assert (plan == other).all()


HEADER = (
    "date,ad_id,campaign,audience,banner,placement,impressions,clicks,spend,media_cost,conversions,conversion_value\n"
)


def test_a_panel_is_read_as_it_was_reported(tmp_path, monkeypatch):
    monkeypatch.delenv("STRATUM_DATA", raising=False)
    with pytest.raises(DataMissing, match="STRATUM_DATA names no folder"):
        online_ads()
    monkeypatch.setenv("STRATUM_DATA", str(tmp_path))
    with pytest.raises(DataMissing, match="online_ad_daily is missing"):
        online_ads()
    (tmp_path / "online_ad_daily").mkdir()
    with pytest.raises(DataMissing, match=r"online_ad_panel\.csv is missing"):
        online_ads()
    (tmp_path / "online_ad_daily" / "online_ad_panel.csv").write_text(
        HEADER
        + "2020-04-01,x,camp 1,High,1 x 1,abc,100,10,2.5,1.0,3,60.0\n2020-04-02,y,camp 2,Low,1 x 1,,50,5,1.5,1.0,0,8.0\n"
    )
    panel, campaigns = online_ads()
    assert campaigns == ["camp 1", "camp 2"]
    assert panel.spend.tolist() == [[2.5, 0.0], [0.0, 1.5]]
    assert panel.account.tolist() == [0, 1]
    assert panel.booked[0].value.tolist() == [20.0, 20.0, 20.0]
    assert (panel.booked[1].ad_id.tolist(), panel.booked[1].value.tolist()) == ([1], [8.0])
    assert panel.vector.sum(axis=1).tolist() == [3.0, 3.0]


def test_open_bandit_logs_are_read_packed_or_not(tmp_path, monkeypatch):
    monkeypatch.setenv("STRATUM_DATA", str(tmp_path))
    with pytest.raises(DataMissing, match="Open Bandit"):
        obd_folder()
    (tmp_path / "obd").mkdir()
    with pytest.raises(DataMissing, match="holds no campaign"):
        campaigns_of(obd_folder())
    for policy in ("random", "bts"):
        (tmp_path / "obd" / policy / "men").mkdir(parents=True)
        (tmp_path / "obd" / policy / "men" / "men.csv").write_text(
            ",timestamp,item_id,position,click,propensity_score\n0,t,1,2,1,0.25\n1,t,0,1,0,0.5\n2,t,1,1,0,0.5\n"
        )
    assert campaigns_of(obd_folder()) == ["men"]
    log = impressions(obd_folder(), "bts", "men")
    assert (log.item.tolist(), log.position.tolist(), log.click.tolist()) == ([1, 0, 1], [1, 0, 0], [1.0, 0.0, 0.0])
    assert shown_shares(log, 2).tolist() == [[0.5, 0.5], [0.0, 1.0]]
