"""Accounts of one token are sent together, over real HTTP and with a thread and a connection each: fewer calls, and no say in each other's fate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from sampler.actions.execute_changes import execute_changes
from sampler.models import AccountLimits, Change
from sampler.tasks import resolve_unknown_changes, send_approved_changes
from stratum.celery import app
from stratum.core.actions.halt_sending import halt_sending
from stratum.core.models import AdAccount, Workspace
from stratum.platforms.side_by_side import MOST_ACCOUNTS, sharing_calls, side_by_side
from stratum.sandbox import AccountProfile, Sandbox, SandboxConfig
from tests.sampler.conftest import NOW, batches_sent, make_change, own_budgets, standing, store_structure

PROFILES = tuple(
    AccountProfile(external_id=f"44{number}", campaigns=3, campaign_budgets=0, ad_sets=6, ads=1) for number in range(3)
)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def agency() -> Iterator[Sandbox]:
    with Sandbox(
        SandboxConfig(history_days=0, now=NOW.isoformat(), accounts=PROFILES, deliver_history=False)
    ).start() as sandbox:
        yield sandbox


@pytest.fixture
def accounts(agency: Sandbox, workspace: Workspace, settings: Any, monkeypatch: Any) -> Iterator[list[AdAccount]]:
    """Three accounts of one token, each with a cut of every budget approved."""
    settings.META_GRAPH_URL = agency.graph_url
    monkeypatch.setattr("stratum.core.clock.now", lambda: NOW)
    before = {node.id: node.daily_budget for node in agency.world.ad_sets.values()}
    workspace.revenue_source = Workspace.RevenueSource.PLATFORM
    workspace.save()
    yield [_connected(agency, workspace, profile) for profile in PROFILES]
    agency.faults.clear()
    for node in agency.world.ad_sets.values():
        node.daily_budget = before[node.id]
        node.budget_changes.clear()


def _connected(agency: Sandbox, workspace: Workspace, profile: AccountProfile) -> AdAccount:
    account = AdAccount.objects.create(
        workspace=workspace, platform="meta", external_id=profile.external_id, name=profile.name, currency="USD",
        access_token=agency.config.access_token, dry_run=False, insights_pulled_at=NOW,
    )  # fmt: skip
    AccountLimits.objects.create(workspace=workspace, account=account, daily_cap=10_000_000)
    store_structure(account)
    for ad_set in own_budgets(account):
        make_change(ad_set, step=-0.1)
    agency.log.entries.clear()
    return account


def ended(account: AdAccount) -> set[str]:
    return set(Change.objects.filter(account=account).values_list("status", flat=True))


def test_three_accounts_take_the_calls_of_one(accounts, agency):
    send_approved_changes()
    assert [ended(account) for account in accounts] == [{"applied"}] * 3
    changes = Change.objects.select_related("ad_set")
    assert all(standing(agency, one.ad_set) == one.after for one in changes) and len(changes) == 18
    largest = max(Counter(ad_set.campaign_id for account in accounts for ad_set in own_budgets(account)).values())
    assert len(batches_sent(agency)) == len(agency.log.entries) == 1 + largest, "all readings, the writes"


def test_who_is_stopped_holds_up_nobody(accounts, agency):
    halt_sending(accounts[0], because="a look at it first", actor="ada@example.com", now=NOW)
    AdAccount.objects.filter(pk=accounts[1].pk).update(dry_run=True)
    send_approved_changes()
    assert [ended(account) for account in accounts] == [{"approved"}, {"rehearsed"}, {"applied"}]


def test_what_nobody_knows_is_read_back_together_and_never_sent_twice(accounts, agency):
    agency.faults.add("batch_null_applied", method="POST", path="/v26.0/1202", times=5)
    first = len(agency.world.edits)
    send_approved_changes()
    assert Change.objects.filter(status="unknown").count() == 5
    calls = len(agency.log.entries)
    resolve_unknown_changes()
    assert [ended(account) for account in accounts] == [{"applied"}] * 3
    assert len(agency.log.entries) == calls + 1, "one reading for all"
    written = [edit.node_id for edit in agency.world.edits[first:]]
    assert len(written) == len(set(written)) == 18


def test_a_failure_in_one_account_stops_none_of_the_others(accounts):
    done = []

    def work(account: AdAccount, calls: object) -> None:
        if account == accounts[1]:
            raise ZeroDivisionError("a mistake of ours")
        done.append(account.name)

    with pytest.raises(ExceptionGroup) as raised:
        side_by_side(accounts, work)
    assert len(done) == 2 and [str(one) for one in raised.value.exceptions] == ["a mistake of ours"]


def test_only_accounts_of_one_workspace_and_one_token_share_calls(accounts, workspace):
    first, second, third = accounts
    second.access_token = "another"
    third.platform = "google"
    assert sharing_calls(accounts) == [[first], [second], [third]]
    many = [AdAccount(pk=n, workspace=workspace, platform="meta", access_token="t") for n in range(1, 14)]
    assert [len(group) for group in sharing_calls(many)] == [MOST_ACCOUNTS, 3]


def test_a_token_that_cannot_be_read_stops_nobody_else(accounts):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE core_adaccount SET access_token = 'not ours' WHERE id = %s", [accounts[1].pk])
    with pytest.raises(ValueError):
        send_approved_changes()
    assert {"approved"} == {change.status for change in Change.objects.filter(account_id=accounts[1].pk)}
    app.conf.task_eager_propagates = False
    send_approved_changes()
    assert ended(accounts[0]) == ended(accounts[2]) == {"applied"}


def test_whose_token_went_meanwhile_does_not_use_the_others(accounts, agency, monkeypatch):
    def away(account: AdAccount, calls: object) -> dict[str, int]:
        AdAccount.objects.filter(pk=accounts[0].pk).update(access_token="")
        return execute_changes(account, now=NOW, calls=calls)

    side_by_side(accounts, away)
    assert ended(accounts[0]) == {"approved"} and ended(accounts[1]) == ended(accounts[2]) == {"applied"}
