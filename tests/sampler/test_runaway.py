"""A platform that delivers far too fast, stopped over real HTTP, and let go on by a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.core.management import call_command

from attribution.actions.ads.pull_ad_performance import pull_ad_performance
from sampler.actions.execute_changes import execute_changes
from sampler.actions.resume_budgets import MayNotResume, resume_budgets
from sampler.actions.watch_spend import watch_spend
from sampler.models import AccountLimits, Change, Pause, SpendReading, SpendStop
from sampler.tasks import switch_paused_budgets
from sampler.tasks import watch_spend as watch_spend_task
from stratum.core.actions.halt_sending import lift_halt
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.models import AdAccount, AuditEntry, Membership, User
from stratum.core.permissions import ALLOWED, APPROVER, OWNER, VERBS
from stratum.core.tenancy import in_workspace
from stratum.sandbox import AccountProfile, Sandbox, SandboxConfig
from tests.sampler.conftest import NOW, give_lifetime_budget, make_change, own_budgets

PROFILE = AccountProfile(
    external_id="777", timezone="UTC", campaigns=3, campaign_budgets=1, ad_sets=7, ads=10, budget_high_usd=60
)
PLENTY = 10


@pytest.fixture
def platform(settings: Any) -> Iterator[Sandbox]:
    config = SandboxConfig(history_days=1, now=NOW.isoformat(), accounts=(PROFILE,), deliver_history=False)
    with Sandbox(config).start() as sandbox:
        settings.META_GRAPH_URL = sandbox.graph_url
        yield sandbox


@pytest.fixture
def account(db: None, platform: Sandbox) -> Iterator[AdAccount]:
    owner = User.objects.create_user("olga@example.com")
    workspace = make_workspace(name="Acme", owner=owner, revenue_source="platform", timezone="UTC")
    with in_workspace(workspace):
        account = AdAccount.objects.create(
            workspace=workspace, platform="meta", external_id="777", name="Harbor", currency="USD", timezone="UTC",
            access_token=platform.config.access_token, dry_run=False,
        )  # fmt: skip
        pull_ad_performance(account, now=platform.now())
        AccountLimits.objects.create(workspace=workspace, account=account, daily_cap=round(_budgets(platform) * 1.25))
        yield account


def _nodes(platform: Sandbox) -> list:
    return [n for n in [*platform.world.ad_sets.values(), *platform.world.campaigns.values()] if n.daily_budget]


def _budgets(platform: Sandbox) -> int:
    return sum(node.daily_budget for node in _nodes(platform))


def _spent(platform: Sandbox) -> float:
    """Minor units, of the simulated day."""
    return float(platform.world.auctions[0].spent_today.sum()) * 100


def _run_away(platform: Sandbox, factor: float) -> None:
    requests.post(f"{platform.graph_url}/control/runaway", json={"factor": factor}, timeout=10).raise_for_status()


def _hours(platform: Sandbox, account: AdAccount, count: int) -> SpendStop | None:
    """The market moves on by the hour, and each time the spend is looked at."""
    for _ in range(count):
        platform.advance(hours=1)
        if stop := watch_spend(account, now=platform.now()):
            return stop
    return None


def test_a_runaway_is_stopped_within_the_hour_and_goes_on_when_a_person_says_so(account, platform, mailoutbox):
    assert _hours(platform, account, 3) is None
    held, before = len(_nodes(platform)), _spent(platform)
    _run_away(platform, PLENTY)
    stop = _hours(platform, account, 1)
    assert stop.rule == "hour"
    assert {node.status for node in _nodes(platform)} == {"PAUSED"}
    assert Pause.objects.filter(status="paused").count() == held
    at_stop = _spent(platform)
    assert at_stop - before < PLENTY * 2 * _budgets(platform) / 24, "one hour of it"
    _hours(platform, account, 5)
    assert _spent(platform) == at_stop, "nothing is spent any more"
    assert SpendStop.objects.count() == 1 == len(mailoutbox)
    assert mailoutbox[0].to == ["olga@example.com"] and "spending stopped" in mailoutbox[0].subject
    make_change(own_budgets(account)[0], status="approved")
    assert execute_changes(account, now=platform.now()) == {"approved": 1}

    _run_away(platform, 1)
    with pytest.raises(MayNotResume):
        resume_budgets(account, by="ann@example.com", verbs=ALLOWED[APPROVER], now=platform.now())
    assert resume_budgets(account, by="olga@example.com", verbs=ALLOWED[OWNER], now=platform.now()) == held
    lift_halt(account, actor="olga@example.com")
    assert {node.status for node in _nodes(platform)} == {"ACTIVE"}
    told = AuditEntry.objects.filter(actor="olga@example.com").values_list("action", flat=True)
    assert {"resuming paused budgets", "budget resumed", "sending resumed"} <= set(told)
    assert _hours(platform, account, 4) is None, "what was spent before is not held against it again"
    assert SpendReading.objects.count() == 3 + 1 + 5 + 4


@pytest.mark.parametrize("days", [30, None])
def test_lifetime_budgets_explain_what_they_spend_and_are_paused_with_the_others(account, platform, days):
    held = sorted((n for n in platform.world.ad_sets.values() if n.daily_budget), key=lambda one: -one.daily_budget)[:3]
    for one in held:
        ends_at = days and platform.now() + timedelta(days=days)
        give_lifetime_budget(platform, one, left=one.daily_budget * 30, ends_at=ends_at)
    pull_ad_performance(account, now=platform.now())
    assert sum(one.lifetime_budget / 30 for one in held) > 0.4 * _budgets(platform)
    assert _hours(platform, account, 26) is None
    assert SpendReading.objects.filter(spend__gt=1.25 * _budgets(platform)).exists(), "more than daily budgets explain"
    _run_away(platform, PLENTY)
    assert _hours(platform, account, 2)
    assert {one.status for one in held} == {"PAUSED"}
    assert Pause.objects.filter(status="paused", ad_set__external_id__in=[one.id for one in held]).count() == 3


def test_a_slow_runaway_is_stopped_when_the_day_is_a_quarter_over(account, platform):
    _run_away(platform, 2.5)
    stop = _hours(platform, account, 24)
    assert stop.rule == "day"
    assert 1.25 * _budgets(platform) < stop.spent < 1.6 * _budgets(platform)
    assert {node.status for node in _nodes(platform)} == {"PAUSED"}


def test_a_bad_line_delays_a_pause_and_does_not_lose_it(account, platform, monkeypatch):
    _hours(platform, account, 2)
    for name in ("batch_null_lost", "batch_null_applied", "item_html_500"):
        platform.faults.add(name, probability=0.25, times=None)
    platform.faults.add("rate_limit", method="POST", path="/v26.0", code=80004, times=1)
    _run_away(platform, PLENTY)
    assert _hours(platform, account, 1)
    assert {node.status for node in _nodes(platform)} == {"ACTIVE"}, "the platform refused the first call"
    monkeypatch.setattr("stratum.core.clock.now", platform.now)
    sweeps = 0
    while Pause.objects.filter(status="pausing").exists():
        switch_paused_budgets()
        sweeps += 1
    assert sweeps <= 4
    assert {node.status for node in _nodes(platform)} == {"PAUSED"}


def test_what_a_person_paused_is_not_switched_on_again(account, platform):
    _hours(platform, account, 2)
    off = next(node for node in platform.world.ad_sets.values() if node.daily_budget)
    platform.perform("edit", {"id": off.id, "status": "PAUSED", "by": "person"})
    _run_away(platform, PLENTY)
    assert _hours(platform, account, 1)
    assert Pause.objects.get(ad_set__external_id=off.id).status == "left"
    call_command("resume", "--workspace", "Acme", "--account", "777")
    assert off.status == "PAUSED"
    assert {node.status for node in _nodes(platform)} == {"ACTIVE", "PAUSED"}


def test_a_dry_run_pauses_nothing_and_tells(account, platform, mailoutbox):
    AdAccount.objects.update(dry_run=True)
    account.refresh_from_db()
    _hours(platform, account, 2)
    _run_away(platform, PLENTY)
    assert _hours(platform, account, 1)
    assert not Pause.objects.exists()
    assert {node.status for node in _nodes(platform)} == {"ACTIVE"}
    account.refresh_from_db()
    assert "times the" in account.halted_because
    assert "dry run" in mailoutbox[0].body


def test_the_heartbeat_looks_as_often_as_the_account_wants(account, platform, monkeypatch):
    monkeypatch.setattr("stratum.core.clock.now", platform.now)
    watch_spend_task(), watch_spend_task()
    assert SpendReading.objects.count() == 1
    later = platform.now() + timedelta(minutes=10)
    monkeypatch.setattr("stratum.core.clock.now", lambda: later)
    watch_spend_task()
    assert SpendReading.objects.count() == 2


def test_the_page_shows_what_was_paused_and_an_owner_resumes_it(account, platform, client, monkeypatch):
    monkeypatch.setattr("stratum.core.clock.now", platform.now)
    _hours(platform, account, 2)
    _run_away(platform, PLENTY)
    _hours(platform, account, 1)
    viewer = User.objects.create_user("vera@example.com")
    Membership.objects.create(workspace=account.workspace, user=viewer, role="viewer")
    client.force_login(viewer)
    assert client.post(f"/resume/{account.pk}/").status_code == 403
    client.force_login(User.objects.get(email="olga@example.com"))
    page = client.get("/decisions/").content.decode()
    assert f"Stratum paused {len(_nodes(platform))} budgets of Harbor" in page
    client.post(f"/resume/{account.pk}/")
    assert {node.status for node in _nodes(platform)} == {"ACTIVE"}
    assert "Stratum paused" not in client.get("/decisions/").content.decode()
    assert VERBS and Change.objects.count() == 0
