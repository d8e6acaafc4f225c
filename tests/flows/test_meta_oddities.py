"""Two habits of Meta that change money after the fact or in its unit: days that are restated downward, and currencies without cents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from attribution.actions.ads.pull_ad_performance import pull_ad_performance
from attribution.selectors import totals
from sampler.actions.execute_changes import execute_changes
from sampler.actions.record_approval import record_approval
from sampler.actions.set_limits import set_limits
from sampler.models import Change
from stratum.core.models import AdAccount, AdDay, AdSet
from stratum.core.periods import Period
from stratum.platforms.meta_ads import MetaAds
from stratum.sandbox import AccountProfile, Sandbox, SandboxConfig

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


def connected(workspace, market, settings):
    settings.META_GRAPH_URL = market.graph_url
    profile = market.config.accounts[0]
    return AdAccount.objects.create(
        workspace=workspace, platform="meta", external_id=profile.external_id, name=profile.name, currency=profile.currency,
        timezone=profile.timezone, access_token=market.config.access_token, dry_run=False,
    )  # fmt: skip


def small(currency="USD", days=1):
    profile = AccountProfile(currency=currency, campaigns=2, campaign_budgets=0, ad_sets=2, ads=3)
    return SandboxConfig(history_days=days, now=NOW.isoformat(), accounts=(profile,), deliver_history=False)


def test_a_day_that_is_restated_downward_three_weeks_later_is_stored_as_it_is_now(workspace, settings):
    with Sandbox(small(days=22)).start() as market:
        account = connected(workspace, market, settings)
        pull_ad_performance(account, now=NOW)
        day = (NOW - timedelta(days=20)).date()
        rows = AdDay.objects.filter(day=day, spend__gt=0)
        before = dict(rows.values_list("ad_id", "spend"))
        assert before
        market.perform("restate", {"factor": 0.9, "days": 28})
        pull_ad_performance(account, now=NOW + timedelta(hours=2))
        after = dict(rows.values_list("ad_id", "spend"))
        assert after.keys() == before.keys()
        for ad, spend in before.items():
            assert after[ad] == pytest.approx(spend * Decimal("0.9"), abs=Decimal("0.02"))
        assert totals(Period(day, day)).spend == sum(after.values()), "what is shown follows"


@pytest.mark.parametrize(("currency", "minor_a_unit"), [("JPY", 1), ("HUF", 100)])
def test_an_account_in_a_currency_without_cents_is_read_and_written_in_its_own_units(
    workspace, settings, currency, minor_a_unit
):
    with Sandbox(small(currency)).start() as market:
        account = connected(workspace, market, settings)
        set_limits(account, actor="test", daily_cap=10**9)
        pull_ad_performance(account, now=NOW)
        ad_set = AdSet.objects.filter(daily_budget__gt=0).order_by("id").first()
        held = market.world.ad_sets[ad_set.external_id]
        assert ad_set.daily_budget == held.daily_budget * minor_a_unit
        wanted = held.daily_budget - held.daily_budget // 10  # a cut needs no fresh revenue
        change = Change.objects.create(
            workspace=workspace, account=account, target_kind="ad_set", ad_set=ad_set, before=ad_set.daily_budget, after=wanted * minor_a_unit,
            currency=currency, evidence={"clicks": 500, "conversions": 20}, expected=2.0, low=1.5, high=2.6, status="approved", created_at=NOW,
        )  # fmt: skip
        record_approval(change, by="ada@example.com", now=NOW)
        ended = execute_changes(account, now=NOW)
        change.refresh_from_db()
        assert ended == {"applied": 1}, (change.outcome, change.findings)
        assert held.daily_budget == wanted, "neither a hundredth nor a hundredfold of it"
        assert MetaAds(account.access_token).budgets([ad_set.external_id], currency=currency) == {ad_set.external_id: change.after}  # fmt: skip
