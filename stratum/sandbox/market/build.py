"""Builds an account from its profile: the truth every other number is drawn from."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from stratum.sandbox.config import AccountProfile
from stratum.sandbox.market import money
from stratum.sandbox.market.randomness import stream
from stratum.sandbox.market.structure import Account, Ad, AdSet, Campaign, Creative
from stratum.sandbox.market.targeting import targeting_of
from stratum.sandbox.market.verticals import BODIES, CALLS_TO_ACTION, HOOKS, KINDS, VERTICALS, Vertical

SETTLED_FATIGUE = 0.8
ORGANIC_SHARE = 0.3


def build_account(profile: AccountProfile, seed: int, number: int, opened_at: datetime) -> Account:
    """An account whose ads' true returns spread from below one to about six."""
    rng = stream(seed, "account", number)
    vertical = VERTICALS[profile.vertical]
    account = Account(
        profile.external_id, profile.name, profile.currency, profile.timezone, profile.pixel_id, profile.vertical, 0.0,
        profile.platform, profile.stated_timezone,
    )  # fmt: skip
    made_at = opened_at - timedelta(days=3)
    for index in range(profile.campaigns):
        account.campaigns.append(_campaign(account, vertical, index, made_at))
    budgets = rng.permutation(np.geomspace(profile.budget_low_usd, profile.budget_high_usd, profile.ad_sets))
    for index, budget in enumerate(budgets.tolist()):
        account.ad_sets.append(_ad_set(account, vertical, index, budget, made_at, rng))
    _pool_campaign_budgets(account, profile)
    returns = spread_returns(profile.ads, rng)
    for index in range(profile.ads):
        account.ads.append(_ad(account, vertical, index, float(returns[index]), made_at, rng))
    _set_appeal(account)
    account.organic_leads_a_day = _expected_ad_leads(account) * ORGANIC_SHARE / (1 - ORGANIC_SHARE)
    return account


def spread_returns(count: int, rng: np.random.Generator) -> np.ndarray:
    """`count` returns (revenue a unit of spend), even on the log scale from 0.6 to 7.5, in random order."""
    return rng.permutation(np.geomspace(0.6, 7.5, count))


def _object_id(account: Account, kind: int, index: int) -> str:
    return f"1202{int(account.id) % 10**7:07d}{kind}{index + 1:05d}"


def _campaign(account: Account, vertical: Vertical, index: int, made_at: datetime) -> Campaign:
    name = vertical.campaigns[index % len(vertical.campaigns)]
    return Campaign(_object_id(account, 1, index), account.id, name, "OUTCOME_LEADS", None, made_at, made_at)


def _ad_set(
    account: Account, vertical: Vertical, index: int, budget_usd: float, made_at: datetime, rng: np.random.Generator
) -> AdSet:
    campaign = account.campaigns[index % len(account.campaigns)]
    rate = money.UNITS_PER_USD[account.currency]
    budget = budget_usd * rate
    step = money.MICROS if account.platform == "google" else 100
    minor = round(budget * account.units() / step) * step
    return AdSet(
        id=_object_id(account, 2, index),
        account_id=account.id,
        campaign_id=campaign.id,
        name=f"{campaign.name} / {vertical.audiences[index % len(vertical.audiences)]}",
        daily_budget=minor,
        audience=int(rng.uniform(9_000, 36_000)),
        base_cpm=vertical.cpm * rate * float(rng.lognormal(0.0, 0.18)),
        saturation=budget * float(rng.uniform(1.0, 5.0)),
        appeal=1.0,
        created_at=made_at,
        updated_at=made_at,
        targeting=targeting_of(vertical.audiences[index % len(vertical.audiences)]),
    )


def _pool_campaign_budgets(account: Account, profile: AccountProfile) -> None:
    # The third campaign carries "Advantage" in its name; a smaller account pools its last one.
    first = min(2, len(account.campaigns) - 1)
    chosen = account.campaigns[first : first + profile.campaign_budgets]
    for campaign in account.campaigns if account.platform == "google" else chosen:
        pooled = [ad_set for ad_set in account.ad_sets if ad_set.campaign_id == campaign.id]
        campaign.daily_budget = sum(ad_set.daily_budget or 0 for ad_set in pooled)
        for ad_set in pooled:
            ad_set.daily_budget = None
    for index, campaign in enumerate(account.campaigns if account.platform == "google" else ()):
        campaign.budget_id = _object_id(account, 5, index)
    sharing = account.campaigns[: profile.shared_budgets]
    total = sum(campaign.daily_budget or 0 for campaign in sharing)
    for campaign in sharing:
        campaign.budget_id, campaign.daily_budget, campaign.explicitly_shared = sharing[0].budget_id, total, True


def _ad(
    account: Account, vertical: Vertical, index: int, design: float, made_at: datetime, rng: np.random.Generator
) -> Ad:
    ad_set = account.ad_sets[index % len(account.ad_sets)]
    rate = money.UNITS_PER_USD[account.currency]
    click_rate = vertical.click_rate * float(rng.lognormal(0.0, 0.22))
    win_rate = float(np.clip(vertical.win_rate * rng.lognormal(0.0, 0.15), 0.05, 0.7))
    median = vertical.value_median * float(rng.lognormal(0.0, 0.3)) * rate
    mean_value = median * float(np.exp(vertical.value_sigma**2 / 2))
    cost_a_click = _settled_cpm(account, ad_set) / 1000 / (click_rate * SETTLED_FATIGUE)
    hook, kind = HOOKS[index % len(HOOKS)], KINDS[index % len(KINDS)]
    name = f"{hook} / {kind.lower()} {index + 1:02d}"
    return Ad(
        id=_object_id(account, 3, index),
        account_id=account.id,
        campaign_id=ad_set.campaign_id,
        adset_id=ad_set.id,
        name=name,
        creative=Creative(
            _object_id(account, 4, index),
            name,
            f"{hook}: {ad_set.name.split(' / ')[0]}",
            BODIES[hook],
            kind,
            CALLS_TO_ACTION[index % len(CALLS_TO_ACTION)],
        ),
        created_at=made_at,
        updated_at=made_at,
        click_rate=click_rate,
        lead_rate=min(0.3, design * cost_a_click / (win_rate * mean_value)),
        win_rate=win_rate,
        value_median=median,
        value_sigma=vertical.value_sigma,
        tiring_frequency=float(rng.uniform(3.0, 9.0)),
        design_roas=design,
    )


def _settled_cpm(account: Account, ad_set: AdSet) -> float:
    budget = ad_set.daily_budget / account.units() if ad_set.daily_budget else ad_set.saturation / 3
    return ad_set.base_cpm * (1 + budget / ad_set.saturation)


def _set_appeal(account: Account) -> None:
    """What a campaign budget is shared by: leads a unit of spend, softened."""
    for ad_set in account.ad_sets:
        ads = [ad for ad in account.ads if ad.adset_id == ad_set.id]
        leads = np.mean([ad.click_rate * ad.lead_rate / ad_set.base_cpm for ad in ads]) if ads else 0.0
        ad_set.appeal = float(leads * 1000) ** 0.7


def _expected_ad_leads(account: Account) -> float:
    """Leads a day at the first budgets, every ad of an ad set shown equally."""
    total = 0.0
    for ad_set in account.ad_sets:
        ads = [ad for ad in account.ads if ad.adset_id == ad_set.id]
        budget = ad_set.daily_budget / account.units() if ad_set.daily_budget else ad_set.saturation / 3
        shown = budget / _settled_cpm(account, ad_set) * 1000
        total += sum(shown / len(ads) * ad.click_rate * SETTLED_FATIGUE * ad.lead_rate for ad in ads)
    return total
