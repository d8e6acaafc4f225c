from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sampler.actions.record_approval import record_approval
from sampler.models import AccountLimits, AccountPace, Change, Plan
from stratum.core.models import Ad, AdAccount, AdSet, Campaign, Workspace
from stratum.core.permissions import ALLOWED, APPROVER
from stratum.platforms.meta_ads import MetaAds
from stratum.platforms.meta_graph import VERSION
from stratum.sandbox import AccountProfile, Sandbox, SandboxConfig

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
PROFILE = AccountProfile(campaigns=3, campaign_budgets=1, ad_sets=7, ads=12)
APPROVER_VERBS = ALLOWED[APPROVER]


@pytest.fixture(scope="session")
def market() -> Iterator[Sandbox]:
    config = SandboxConfig(
        history_days=2, now=NOW.isoformat(), accounts=(PROFILE,), deliver_history=False, async_seconds=0.2
    )
    with Sandbox(config).start() as sandbox:
        yield sandbox


@pytest.fixture
def platform(market: Sandbox, settings: Any) -> Iterator[Sandbox]:
    """The market's Graph as this test's Meta, with budgets and faults as they were before it."""
    settings.META_GRAPH_URL = market.graph_url
    nodes = [*market.world.ad_sets.values(), *market.world.campaigns.values()]
    before = [(node, node.daily_budget) for node in nodes]
    market.log.entries.clear()
    yield market
    market.faults.clear()
    for node, budget in before:
        node.daily_budget, node.lifetime_budget, node.ends_at = budget, None, None
        node.budget_changes.clear()


@pytest.fixture
def account(workspace: Workspace, platform: Sandbox) -> AdAccount:
    """A live account that knows its structure, with wide limits and fresh figures."""
    account = AdAccount.objects.create(
        workspace=workspace,
        platform="meta",
        external_id=PROFILE.external_id,
        name=PROFILE.name,
        currency="USD",
        timezone=PROFILE.timezone,
        access_token=platform.config.access_token,
        dry_run=False,
        insights_pulled_at=NOW,
    )
    workspace.revenue_source = Workspace.RevenueSource.PLATFORM
    workspace.save()
    AccountLimits.objects.create(workspace=workspace, account=account, daily_cap=10_000_000)
    store_structure(account)
    return account


def store_structure(account: AdAccount) -> None:
    meta = MetaAds(account.access_token)
    structure = meta.structure(account.external_id)
    account.minimum_budget = meta.minimum_budgets(account.external_id, currency=account.currency)
    account.save()
    owned = {"workspace_id": account.workspace_id, "account": account}
    campaigns = {
        n.id: Campaign.objects.create(**owned, external_id=n.id, name=n.name, status=n.status, **n.budgets_at(NOW))
        for n in structure.campaigns
    }
    ad_sets = {
        n.id: AdSet.objects.create(
            **owned,
            external_id=n.id,
            name=n.name,
            status=n.status,
            **n.budgets_at(NOW),
            campaign=campaigns[n.campaign_id],
        )
        for n in structure.ad_sets
    }
    for n in structure.ads:
        Ad.objects.create(**owned, external_id=n.id, name=n.name, status=n.status, ad_set=ad_sets[n.adset_id])


@pytest.fixture
def a_plan(account: AdAccount) -> Plan:
    """For changes that are made one by one."""
    return Plan.objects.create(
        workspace=account.workspace, account=account, day=NOW.date(), seed=7, total=1, currency="USD", created_at=NOW,
        inputs={"holders": []}, expected=2, low=1, high=3, basis="by hand",
    )  # fmt: skip


def make_change(target: AdSet | Campaign, *, step: float = 0.1, status: str = "approved", **fields: Any) -> Change:
    kind = "ad_set" if isinstance(target, AdSet) else "campaign"
    values = {
        "workspace_id": target.workspace_id,
        "account": target.account,
        "target_kind": kind,
        kind: target,
        "before": target.daily_budget,
        "after": round(target.daily_budget * (1 + step)),
        "currency": target.account.currency,
        "evidence": {"clicks": 500, "conversions": 20},
        "expected": 2.0,
        "low": 1.5,
        "high": 2.6,
        "status": status,
        "created_at": NOW,
    }
    change = Change.objects.create(**values | fields)
    if change.status == "approved":
        record_approval(change, by="ada@example.com", now=NOW)
    return change


def let_it_act(account: AdAccount) -> None:
    """Stratum may act within the limits, and did so before: the first plan of an account is for people."""
    AccountLimits.objects.filter(account=account).update(autonomy="act_within_limits")
    make_change(own_budgets(account)[0], status="applied", applied_at=NOW - timedelta(days=60))


def give_lifetime_budget(market: Sandbox, target: Any, *, left: int, ends_at: datetime | None) -> None:
    """A person made it anew with a lifetime budget, of which `left` is left, instead of a daily one."""
    ads = [ad.id for ad in market.world.ads.values() if target.id in (ad.adset_id, ad.campaign_id)]
    spent = sum(facts.spend for (ad, _), facts in market.world.facts.days.items() if ad in ads)
    target.daily_budget, target.lifetime_budget, target.ends_at = None, left + round(spent * 100), ends_at


def let_time_pass() -> None:
    """The wait that the platform asked for, which is kept in real time, is over."""
    AccountPace.objects.update(free_at=NOW - timedelta(days=900))


def own_budgets(account: AdAccount) -> list[AdSet]:
    return list(
        AdSet.objects.filter(account=account, daily_budget__gt=0).select_related("account", "campaign").order_by("id")
    )


def standing(market: Sandbox, target: AdSet | Campaign) -> int:
    """What the platform holds: the truth behind all tests of sending."""
    held = market.world.ad_sets if isinstance(target, AdSet) else market.world.campaigns
    return held[target.external_id].daily_budget


def batches_sent(market: Sandbox) -> list[Any]:
    return [entry for entry in market.log.entries if entry.method == "POST" and entry.path.rstrip("/") == f"/{VERSION}"]
