"""One turn of the loop, over a real Graph and a real database, and its replay."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from learning.actions.turn_cycle import turn_cycle
from learning.loops.actuals import actuals
from learning.loops.thompson_update import thompson_update
from learning.tasks import turn_due_cycles
from sampler.actions.review_change import approve_change
from sampler.models import AccountLimits, AdBelief, Change, Plan
from sampler.selectors import waiting_changes
from sampler.tasks import resolve_unknown_changes, send_approved_changes
from stratum.core import clock
from stratum.core.models import Ad, AdAccount, AdDay, AdSet, Campaign, Workspace
from tests.sampler.conftest import APPROVER_VERBS, NOW, batches_sent, let_it_act, let_time_pass, make_change

TODAY = date(2026, 11, 20)


@pytest.fixture
def at_now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def imported(workspace):
    """Forty days of an account from a file: three ad sets, of which the last earns most."""
    workspace.revenue_source = Workspace.RevenueSource.PLATFORM
    workspace.save()
    owned = {"workspace": workspace}
    account = AdAccount.objects.create(
        **owned, platform="import", external_id="file", name="From a file", currency="USD"
    )
    AccountLimits.objects.create(**owned, account=account, daily_cap=1_000_000)
    campaign = Campaign.objects.create(**owned, account=account, external_id="c", name="c")
    for i in range(3):
        ad_set = AdSet.objects.create(**owned, account=account, external_id=f"s{i}", name=f"Set {i}", campaign=campaign)
        ad = Ad.objects.create(**owned, account=account, external_id=f"a{i}", name=f"Ad {i}", ad_set=ad_set)
        figures = {
            "spend": 100,
            "impressions": 20_000,
            "clicks": 200,
            "conversions": 4 + 3 * i,
            "conversion_value": Decimal(200 + 150 * i),
        }
        days = [date(2017, 5, 1) + timedelta(days=n) for n in range(40)]
        AdDay.objects.bulk_create([AdDay(**owned, day=day, ad=ad, reported_at=NOW, **figures) for day in days])
    return account


def test_a_turn_hears_learns_decides_and_waits_for_review(account, workspace):
    report = turn_cycle(workspace, until=None, now=NOW, rng_seed=3)
    assert report.troubles == []
    assert AdDay.objects.exists()
    assert AdBelief.objects.exists()
    assert Plan.objects.get().day == TODAY
    assert report.accounts[0].changes.get("waiting", 0) == len(waiting_changes()) > 0
    assert str(AdBelief.objects.count()) in report.accounts[0].learnt


def test_a_turn_twice_teaches_nothing_new_and_replays_the_plan(account, workspace):
    turn_cycle(workspace, until=None, now=NOW, rng_seed=3)
    first = Plan.objects.get()
    report = turn_cycle(workspace, until=None, now=NOW, rng_seed=3)
    assert ", 0 of them changed" in report.accounts[0].learnt
    assert Plan.objects.order_by("-id").first().inputs_hash == first.inputs_hash


def test_a_platform_out_of_reach_is_a_trouble_and_allows_no_raise(account, workspace, platform):
    turn_cycle(workspace, until=None, now=NOW, rng_seed=3)
    platform.faults.add("token_expired", times=None)
    report = turn_cycle(workspace, until=None, now=NOW + timedelta(hours=5), rng_seed=3)
    assert "ad performance could not be read" in report.troubles[0]
    assert waiting_changes()
    assert all(card.after < card.before for card in waiting_changes())


def test_imported_history_is_planned_on_its_last_day(imported, workspace):
    turn_cycle(workspace, until=None, now=NOW, rng_seed=3)
    plan = Plan.objects.get()
    assert (plan.day, plan.total) == (date(2017, 6, 9), 30_000)
    best = Change.objects.get(ad_set__external_id="s2")
    assert (best.status, best.before, best.after) == ("waiting", 10_000, 12_000)
    assert Change.objects.get(ad_set__external_id="s0").after < 10_000


def test_imported_history_can_be_stopped_at_a_day(imported, workspace):
    turn_cycle(workspace, until=date(2017, 5, 20), now=NOW, rng_seed=3)
    assert Plan.objects.get().day == date(2017, 5, 20)
    assert set(AdBelief.objects.values_list("as_of_date", flat=True)) == {date(2017, 5, 20)}


def test_accounts_on_different_days_learn_each_by_their_own(account, imported, workspace):
    turn_cycle(workspace, until=None, now=NOW, rng_seed=3)
    as_of = dict(AdBelief.objects.values_list("ad__account_id", "as_of_date"))
    assert as_of == {account.pk: TODAY, imported.pk: date(2017, 6, 9)}
    assert Change.objects.get(ad_set__external_id="s2").expected > 4


def test_without_data_there_is_nothing_to_learn(workspace):
    AdAccount.objects.create(workspace=workspace, platform="import", external_id="empty", name="Empty", currency="USD")
    assert turn_cycle(workspace, until=None, now=NOW, rng_seed=3).accounts == []


def test_a_replay_from_the_outcomes_gives_the_same_beliefs(imported, workspace):
    day = date(2017, 6, 9)
    thompson_update(imported, until=day, now=NOW)
    before = dict(AdBelief.objects.values_list("ad_id", "state"))
    AdBelief.objects.all().delete()
    thompson_update(imported, until=day, now=NOW)
    assert dict(AdBelief.objects.values_list("ad_id", "state")) == before
    assert actuals(imported, day).revenue.sum() == pytest.approx(40 * (200 + 350 + 500))


def test_revenue_without_conversions_counts_days(imported):
    AdDay.objects.update(conversions=None)
    learnt = thompson_update(imported, until=date(2017, 6, 9), now=NOW)
    assert "120.0 conversions" in learnt.sentence


def test_the_heartbeat_turns_sends_and_settles(account, workspace, platform, at_now):
    let_it_act(account)
    turn_due_cycles()
    assert Plan.objects.count() == 1
    turn_due_cycles()
    assert Plan.objects.count() == 1, "the plan is younger than six hours"
    for change in Change.objects.filter(status="waiting"):
        approve_change(change.pk, by="ada@example.com", verbs=APPROVER_VERBS, now=NOW)
    planned = Change.objects.filter(plan__isnull=False)
    platform.faults.add("batch_null_applied")
    send_approved_changes()
    assert planned.filter(status="unknown").count() == 1
    resolve_unknown_changes()
    let_time_pass()
    send_approved_changes()
    assert set(planned.values_list("status", flat=True)) == {"applied"}
    assert batches_sent(platform)


def test_an_account_with_nothing_to_move_leaves_the_others_plans_alone(account, platform):
    empty = AdAccount.objects.create(
        workspace=account.workspace, platform="meta", external_id="999", name="Empty", currency="USD", access_token="x"
    )
    turn_due_cycles()
    waiting = set(Change.objects.filter(status="waiting").values_list("pk", flat=True))
    for _ in range(3):
        turn_due_cycles()
    assert waiting == set(Change.objects.filter(status="waiting").values_list("pk", flat=True)) != set()
    empty.refresh_from_db()
    assert empty.turned_at


def test_a_turn_waits_for_budgets_that_are_about_to_have_cooled_down(account, workspace, platform, monkeypatch):
    def turned_at(hours: float) -> bool:
        account.refresh_from_db()
        before, now = account.turned_at, NOW + timedelta(hours=hours)
        monkeypatch.setattr(clock, "now", lambda: now)
        turn_due_cycles()
        account.refresh_from_db()
        return account.turned_at != before

    let_it_act(account)
    assert turned_at(0)
    Change.objects.update(status="superseded")
    for target in [*AdSet.objects.filter(daily_budget__gt=0), *Campaign.objects.filter(daily_budget__gt=0)]:
        make_change(target, status="applied", applied_at=NOW + timedelta(minutes=1))
    assert not turned_at(6.0), "all were changed a minute less than six hours ago"
    assert turned_at(6.05)
    plan = Plan.objects.latest("id")
    assert plan.status == "current" and not Change.objects.filter(plan=plan, status="blocked").exists()
    Change.objects.filter(status="applied").update(applied_at=NOW + timedelta(hours=17))
    assert not turned_at(13.0)
    assert turned_at(18.1), "it learns all the same"
