"""Random ad accounts: in the sandbox with their structure, and in Stratum with limits, live and ready to be written to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

import numpy as np

from sampler.models import AccountLimits
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.models import Ad, AdAccount, AdSet, Campaign, Workspace
from stratum.core.tenancy import in_workspace
from stratum.platforms.meta_ads import MetaAds
from stratum.sandbox import AccountProfile, Sandbox

CURRENCIES = ("USD", "USD", "EUR", "JPY", "HUF")
SIZES = ((0.6, 3, 20), (0.3, 20, 80), (0.1, 80, 300))
"""Share of the accounts, and between how many ad sets such an account has."""
OVERSPEND = 1.25
HEADROOM = 1.15


def profiles(count: int, rng: np.random.Generator, seed: int) -> tuple[AccountProfile, ...]:
    """One ad an account, so that hours of the market cost nothing: here only budgets matter."""
    return tuple(_profile(number, rng, seed) for number in range(count))


def _profile(number: int, rng: np.random.Generator, seed: int) -> AccountProfile:
    _, low, high = SIZES[int(rng.choice(len(SIZES), p=[share for share, *_ in SIZES]))]
    ad_sets = int(rng.integers(low, high))
    campaigns = max(round(ad_sets / rng.uniform(1, 8)), 1)
    return AccountProfile(
        external_id=str(7_000_001 + number),
        name=f"Account {seed}-{number + 1}",
        currency=CURRENCIES[number % len(CURRENCIES)],
        campaigns=campaigns,
        campaign_budgets=int(rng.integers(0, max(campaigns // 3, 1) + 1)),
        ad_sets=ad_sets,
        ads=1,
    )


def known_accounts(sandbox: Sandbox, teams: Sequence[int], now: datetime) -> list[list[AdAccount]]:
    """The accounts of the sandbox, so many to a workspace, each with a cap a little above what it spends."""
    profiles = iter(sandbox.config.accounts)
    return [_known_team(sandbox, list(islice(profiles, size)), now) for size in teams]


def _known_team(sandbox: Sandbox, profiles: Sequence[AccountProfile], now: datetime) -> list[AdAccount]:
    workspace = make_workspace(
        name=f"{profiles[0].name} of {sandbox.graph_url}",
        currency=profiles[0].currency,
        revenue_source=Workspace.RevenueSource.PLATFORM,
    )
    return [_known(sandbox, workspace, profile, now) for profile in profiles]


def _known(sandbox: Sandbox, workspace: Workspace, profile: AccountProfile, now: datetime) -> AdAccount:
    with in_workspace(workspace):
        account = AdAccount.objects.create(
            workspace=workspace,
            platform=AdAccount.Platform.META,
            external_id=profile.external_id,
            name=profile.name,
            currency=profile.currency,
            timezone=profile.timezone,
            access_token=sandbox.config.access_token,
            dry_run=False,
            insights_pulled_at=now,
        )
        store_structure(account)
        held = _budgets(account)
        AccountLimits.objects.create(
            workspace=workspace,
            account=account,
            daily_cap=round(sum(held) * OVERSPEND * HEADROOM),
            floor=round(min(held) * 0.8),
            cooldown_hours=0.0,
            autonomy=AccountLimits.Autonomy.ACT_WITHIN_LIMITS,
        )
    return account


def _budgets(account: AdAccount) -> list[int]:
    found = [
        model.objects.filter(account=account, daily_budget__gt=0).values_list("daily_budget", flat=True)
        for model in (AdSet, Campaign)
    ]
    return [budget for one in found for budget in one]


def store_structure(account: AdAccount) -> None:
    """What the platform lists, as the hourly pull stores it."""
    structure = MetaAds(account.access_token).structure(account.external_id)
    owned = {"workspace_id": account.workspace_id, "account": account}
    campaigns = Campaign.objects.bulk_create(
        Campaign(**owned, external_id=n.id, name=n.name, status=n.status, daily_budget=n.daily_budget)
        for n in structure.campaigns
    )
    campaign_of = {campaign.external_id: campaign for campaign in campaigns}
    ad_sets = AdSet.objects.bulk_create(
        AdSet(
            **owned,
            external_id=n.id,
            name=n.name,
            status=n.status,
            daily_budget=n.daily_budget,
            campaign=campaign_of[n.campaign_id],
        )
        for n in structure.ad_sets
    )
    ad_set_of = {ad_set.external_id: ad_set for ad_set in ad_sets}
    Ad.objects.bulk_create(
        Ad(**owned, external_id=n.id, name=n.name, status=n.status, ad_set=ad_set_of[n.adset_id]) for n in structure.ads
    )
