"""How fast an account may be written to, and what is remembered of it by every process."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sampler.actions.execute_changes import execute_changes
from sampler.actions.keep_pace import wait_for, why_waiting
from sampler.models import AccountLimits, AccountPace, Change
from sampler.tasks import resolve_unknown_changes, send_approved_changes
from stratum.core.clock import real_now
from stratum.core.models import AdAccount, Campaign, Workspace
from stratum.sandbox import AccountProfile, Sandbox, SandboxConfig
from tests.sampler.conftest import NOW, batches_sent, let_time_pass, make_change, own_budgets, standing, store_structure

MANY = AccountProfile(external_id="5550001", campaigns=30, campaign_budgets=0, ad_sets=30, ads=1)
LIMITED_TIER_POINTS, WRITE_POINTS = 60, 3


@pytest.fixture
def limited(workspace: Workspace, settings: Any) -> Iterator[Sandbox]:
    """A platform that grants 60 points in five minutes, and thirty approved changes for it."""
    config = SandboxConfig(
        history_days=0, now=NOW.isoformat(), accounts=(MANY,), deliver_history=False, account_points=LIMITED_TIER_POINTS
    )
    workspace.revenue_source = Workspace.RevenueSource.PLATFORM
    workspace.save()
    with Sandbox(config).start() as sandbox:
        settings.META_GRAPH_URL = sandbox.graph_url
        account = AdAccount.objects.create(
            workspace=workspace, platform="meta", external_id=MANY.external_id, name="New", currency="USD",
            access_token=config.access_token, dry_run=False, insights_pulled_at=NOW,
        )  # fmt: skip
        AccountLimits.objects.create(workspace=workspace, account=account, daily_cap=10_000_000)
        store_structure(account)
        for ad_set in own_budgets(account):
            make_change(ad_set, step=-0.1)
        yield sandbox


def test_a_new_app_sends_what_its_sixty_points_allow_and_the_rest_later(limited):
    account = AdAccount.objects.get()
    ended = execute_changes(account, now=NOW)
    assert ended["applied"] + ended["approved"] == 30
    assert 10 <= ended["applied"] < LIMITED_TIER_POINTS / WRITE_POINTS
    assert why_waiting(account).startswith("Not sent yet: the platform's rate limit")
    asked = len(limited.log.entries)
    assert execute_changes(account, now=NOW) == {"approved": ended["approved"]}
    assert len(limited.log.entries) == asked, "nobody calls while it waits"
    assert {entry.status for entry in limited.log.entries} == {200}, "the platform never had to refuse"


def test_a_limit_met_in_the_middle_of_a_batch_fails_nothing(account, platform):
    for ad_set in own_budgets(account):
        make_change(ad_set, step=-0.1)
    platform.faults.add("rate_limit", path="/v26.0/1202", code=17, subcode=2446079, times=2, method="POST")
    ended = execute_changes(account, now=NOW)
    assert set(ended) == {"applied", "approved"} or set(ended) == {"approved"}
    let_time_pass()
    execute_changes(account, now=NOW)
    assert set(Change.objects.values_list("status", flat=True)) == {"applied"}


def test_an_ad_set_that_was_changed_too_often_is_refused_alone(account, platform):
    first, second = own_budgets(account)[:2]
    make_change(first, step=-0.1), make_change(second, step=-0.1)
    node = platform.world.ad_sets[first.external_id]
    node.budget_changes += [NOW] * 4
    assert execute_changes(account, now=NOW) == {"applied": 1, "failed": 1}
    assert not why_waiting(account)


def test_a_dead_token_is_no_verdict_on_the_changes(account, platform):
    make_change(own_budgets(account)[0])
    platform.faults.add("token_expired", method="POST")
    assert execute_changes(account, now=NOW) == {"approved": 1}
    assert "Session has expired" in why_waiting(account)
    let_time_pass()
    assert execute_changes(account, now=NOW) == {"applied": 1}


def test_a_shorter_wait_does_not_end_a_longer_one(account):
    wait_for(account, seconds=600, because="an hour's quota is used up")
    wait_for(account, seconds=1, because="too many writes a second")
    assert AccountPace.objects.get().free_at > real_now() + timedelta(minutes=9)


def test_the_heartbeat_leaves_an_account_alone_that_has_to_wait(account, platform, monkeypatch):
    monkeypatch.setattr("stratum.core.clock.now", lambda: NOW)
    make_change(own_budgets(account)[0])
    wait_for(account, seconds=600, because="an hour's quota is used up")
    send_approved_changes(), resolve_unknown_changes()
    assert not platform.log.entries[-1:] or not batches_sent(platform)
    let_time_pass()
    send_approved_changes()
    assert Change.objects.get().status == "applied"


def test_cuts_go_out_before_raises_each_in_as_few_calls_as_their_campaigns_allow(account, platform):
    steps = {ad_set.external_id: 0.1 if number % 2 else -0.1 for number, ad_set in enumerate(own_budgets(account))}
    for ad_set in own_budgets(account):
        make_change(ad_set, step=steps[ad_set.external_id])
    execute_changes(account, now=NOW)
    items = [json.loads(entry.body["batch"]) for entry in batches_sent(platform)]
    calls = [{steps[item["relative_url"].split("/")[1]] for item in sent} for sent in items]
    assert calls == sorted(calls, key=max), "no call holds both"
    for step in (-0.1, 0.1):
        campaigns = Counter(one.campaign_id for one in own_budgets(account) if steps[one.external_id] == step)
        assert calls.count({step}) == max(campaigns.values())


def test_the_cap_counts_what_a_person_set_a_moment_ago(account, platform):
    """Stored budgets are an hour old; the raise is weighed against what stands now."""
    raised, other = own_budgets(account)[:2]
    held = sum(standing(platform, one) for one in [*own_budgets(account), *_campaigns(account)])
    AccountLimits.objects.update(daily_cap=round(held * 1.25 * 1.2))
    make_change(raised, step=0.1)
    platform.perform(
        "edit", {"id": other.external_id, "daily_budget": standing(platform, other) + held, "by": "person"}
    )
    assert execute_changes(account, now=NOW) == {"blocked": 1}
    other.refresh_from_db()
    assert other.daily_budget == standing(platform, other)


def test_an_amount_that_the_platform_cannot_hold_spoils_no_batch(account, platform):
    AdAccount.objects.update(currency="HUF")
    account.refresh_from_db()
    first, second = own_budgets(account)[:2]
    for ad_set in (first, second):
        ad_set.daily_budget *= 100  # forints are held whole, and stored with their two ISO decimals
        ad_set.save()
    make_change(first, step=-0.1, currency="HUF", after=round(first.daily_budget * 0.9 / 100) * 100 + 1)
    make_change(second, step=-0.1, currency="HUF", after=round(second.daily_budget * 0.9 / 100) * 100)
    assert execute_changes(account, now=NOW) == {"failed": 1, "applied": 1}


def _campaigns(account):
    return Campaign.objects.filter(account=account, daily_budget__gt=0)


def test_an_account_that_the_platform_refuses_to_show_is_not_asked_for_every_few_seconds(account, platform):
    make_change(own_budgets(account)[0])
    AdAccount.objects.filter(pk=account.pk).update(external_id="999")
    account.refresh_from_db()
    assert execute_changes(account, now=NOW) == {"approved": 1}
    assert "does not exist" in Change.objects.get().outcome
    asked = len(platform.log.entries)
    assert execute_changes(account, now=NOW) == {"approved": 1} and len(platform.log.entries) == asked
    assert "does not exist" in why_waiting(account)
