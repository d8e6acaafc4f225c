"""Who advertises what, and how it really works: everything that is true of a market before anybody spends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.market.delays import delay_shares
from bench.market.scenario import Scenario

WIDTH, FAMILIES = 16, 16
CLICK_BAIT = -0.35
CURVES = ("power", "log", "hill")


@dataclass(frozen=True)
class Accounts:
    clicks: np.ndarray
    """Log clicks that the usual spend of an ad buys."""
    conversion: np.ndarray
    order: np.ndarray
    order_sigma: np.ndarray
    impressions: np.ndarray
    delay: np.ndarray
    """Accounts × days after the click."""
    weekday: np.ndarray


@dataclass(frozen=True)
class Ads:
    """One entry an ad, in order of birth. Alive on days `born` … `dies` − 1, warm-up included."""

    account: np.ndarray
    born: np.ndarray
    dies: np.ndarray
    vector: np.ndarray
    clicks: np.ndarray
    """Days × ads: log clicks at the usual spend, drift and shock included, fatigue not."""
    conversion: np.ndarray
    order: np.ndarray
    curve: np.ndarray
    bend: np.ndarray
    slope: np.ndarray
    impressions: np.ndarray
    audience: np.ndarray
    fatigue: np.ndarray
    kink: np.ndarray
    size: np.ndarray
    """Of an ad's usual spend, clicks and audience, beside those of the scenario."""


def draw_accounts(scenario: Scenario, rng: np.random.Generator) -> Accounts:
    count = scenario.accounts
    leads = np.arange(count) < round(scenario.lead_share * count)
    median = np.where(leads, 12.0, 2.0) * np.exp(rng.normal(0, 0.20, count))
    sigma = np.where(leads, 0.8, 1.0)
    weekday = rng.normal(0, 0.08, (count, 7))
    weekday[:, 5:] += np.where(leads, -0.35, 0.12)[:, None]
    weekday = np.exp(weekday)
    return Accounts(
        clicks=np.log(np.where(leads, 44.0, 50.0) * scenario.spend_per_ad / 50) + rng.normal(0, 0.20, count),
        conversion=np.log(np.where(leads, 0.005, 0.02)) + rng.normal(0, 0.20, count),
        order=np.log(np.where(leads, 500.0, 110.0)) + rng.normal(0, 0.20, count),
        order_sigma=np.where(leads, 1.0, 0.5),
        impressions=1000 * scenario.spend_per_ad / np.where(leads, 16.0, 8.0),
        delay=np.array([delay_shares(scenario.delay, m, s) for m, s in zip(median, sigma, strict=True)]),
        weekday=weekday / weekday.mean(axis=1, keepdims=True),
    )


def draw_ads(scenario: Scenario, accounts: Accounts, rng: np.random.Generator) -> Ads:
    slot, born, dies = _lives(scenario, rng)
    count = slot.size
    account, family = slot % scenario.accounts, rng.integers(FAMILIES, size=count)
    vector = rng.normal(0, 1, (FAMILIES, WIDTH))[family] + rng.normal(0, 0.35, (count, WIDTH))
    known = rng.normal(0, 0.30, (2, FAMILIES))[:, family]
    bait = rng.normal(0, 1, count)
    honest = CLICK_BAIT * bait + np.sqrt(1 - CLICK_BAIT**2) * rng.normal(0, 1, count)
    clicks = accounts.clicks[account] + known[0] + 0.45 * bait
    conversion = accounts.conversion[account] + known[1] + 0.20 * honest
    changes = [_changes(scenario, account, family, born, rng) for _ in range(2)]
    curve, bend, slope = _curves(scenario, count, rng)
    impressions = accounts.impressions[account] * np.exp(rng.normal(0, 0.2, count))
    size = np.exp(np.random.default_rng([count, slot.sum()]).normal(0, scenario.sizes, count) - scenario.sizes**2 / 2)
    return Ads(
        account=account,
        born=born,
        dies=dies,
        vector=vector / np.sqrt(WIDTH),
        clicks=clicks + changes[0],
        conversion=conversion + changes[1],
        order=scenario.worth * np.exp(accounts.order[account] + rng.normal(0, 0.15, count)),
        curve=curve,
        bend=bend,
        slope=slope,
        impressions=impressions,
        audience=impressions * np.exp(rng.normal(np.log(16.0), 0.4, count)),
        fatigue=rng.uniform(0.02, 0.10, count),
        kink=rng.uniform(1.0, 2.5, count),
        size=size,
    )


def _lives(scenario: Scenario, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An ad that dies is followed by another in the same place, so that equally many are alive on all days."""
    rows = []
    for slot in range(scenario.ads):
        day = 0
        while day < scenario.horizon:
            life = int(rng.geometric(1 / scenario.life))
            rows.append((day, slot, day + life))
            day += life
    born, slot, dies = np.array(sorted(rows)).T
    return slot, born, dies


def _changes(scenario: Scenario, account: np.ndarray, family: np.ndarray, born: np.ndarray, rng: np.random.Generator) -> np.ndarray:  # fmt: skip
    """Days × ads: a random walk from an ad's birth on, and one day on which the platform changes for everybody."""
    days = np.arange(scenario.horizon)[:, None]
    steps = rng.normal(0, scenario.drift, (scenario.horizon, born.size))
    walk = np.cumsum(np.where(days > born, steps, 0.0), axis=0)
    day = scenario.warm_up + scenario.shock_day
    everywhere = rng.normal(0, 0.20, scenario.accounts)[account] + rng.normal(0, 0.10, FAMILIES)[family]
    shock = everywhere + np.where(born < day, rng.normal(0, 0.15, born.size), 0.0)
    return walk + scenario.shock * np.where(days >= day, shock, 0.0)


def _curves(scenario: Scenario, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The kind of each ad's saturation, how strong it is, and Hill's slope."""
    kinds = np.array([CURVES.index(name) for name in scenario.curves])
    curve = kinds[rng.integers(kinds.size, size=count)]
    power = rng.uniform(0.65, 0.85, count)
    log = np.exp(rng.uniform(np.log(0.5), np.log(2.0), count))
    hill = np.exp(rng.uniform(np.log(2.0), np.log(6.0), count))
    slope = rng.uniform(0.8, 1.3, count) if scenario.s_shaped else np.ones(count)
    return curve, np.choose(curve, (power, log, hill)), slope
