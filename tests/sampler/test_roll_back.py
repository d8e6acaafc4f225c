"""Restore plan N − 1: a plan taken back as a whole, through everything that any plan goes through."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from sampler.actions.claim_changes import approved_changes, claim_changes, give_back
from sampler.actions.execute_changes import execute_changes
from sampler.actions.review_change import approve_change
from sampler.actions.roll_back_plan import NothingToRollBack, roll_back_plan
from sampler.actions.undo_change import MayNotUndo
from sampler.models import AccountLimits, Change, Plan
from sampler.selectors import last_plans
from sampler.selectors.budgets import budget_holders
from sampler.selectors.plan_history import past_plan, plans_in_force, recent_plans
from sampler.selectors.standing_total import standing_total
from stratum.core.clock import real_now
from stratum.core.models import AdAccount, AuditEntry, Campaign, Membership, User
from stratum.core.permissions import ALLOWED, VIEWER
from tests.sampler.conftest import APPROVER_VERBS, NOW, let_it_act, make_change, own_budgets, standing

WHO = {"by": "ada@example.com", "verbs": APPROVER_VERBS}
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def plan(account, platform, a_plan):
    """Applied: every budget moved by its own step."""
    targets = [*own_budgets(account), *Campaign.objects.filter(account=account, daily_budget__gt=0)]
    for number, target in enumerate(targets):
        make_change(target, step=(0.1, -0.2, 0.15)[number % 3], plan=a_plan)
    assert set(execute_changes(account, now=NOW)) == {"applied"}
    AdAccount.objects.update(insights_pulled_at=LATER)
    account.refresh_from_db()
    return a_plan


def send(account):
    for change in Change.objects.filter(status="waiting"):
        approve_change(change.pk, **WHO, now=LATER)
    return execute_changes(account, now=LATER)


def test_every_budget_stands_where_it_stood(account, platform, plan):
    before = {change.target: change.before for change in Change.objects.filter(plan=plan)}
    back = roll_back_plan(plan.pk, **WHO, now=LATER)
    assert back.left == {}
    assert send(account) == {"applied": len(before)}
    assert {target: standing(platform, target) for target in before} == before
    assert past_plan(plan.pk).changes == {"undone": len(before)}
    assert back.plan.pk in plans_in_force() and plan.pk not in plans_in_force()
    assert AuditEntry.objects.get(action="plan rolled back").data["changes"] == len(before)


def test_it_is_the_current_plan_and_its_total_stands(account, platform, plan):
    back = roll_back_plan(plan.pk, **WHO, now=LATER).plan
    assert [one.id for one in last_plans()] == [back.pk]
    send(account)
    holders = budget_holders(account, day=NOW.date())
    assert back.total == sum(holder.budget for holder in holders) == standing_total(account, holders).total
    assert (recent_plans()[0].rolls_back, recent_plans()[1].rolls_back) == (plan.pk, None)


def test_the_way_back_can_be_taken_back(account, platform, plan):
    after = {change.target: change.after for change in Change.objects.filter(plan=plan)}
    back = roll_back_plan(plan.pk, **WHO, now=LATER).plan
    send(account)
    roll_back_plan(back.pk, **WHO, now=LATER)
    assert send(account) == {"applied": len(after)}
    assert {target: standing(platform, target) for target in after} == after


def test_the_cap_holds_on_the_way_back(account, platform, plan):
    AccountLimits.objects.update(daily_cap=1)
    back = roll_back_plan(plan.pk, **WHO, now=LATER)
    raises = Change.objects.filter(undo_of__isnull=False, after__gt=0).exclude(status="waiting")
    assert back.left.keys() == {change.undo_of_id for change in raises} and all(back.left.values())
    assert {change.status for change in raises} == {"blocked"}
    assert all(change.after > change.before for change in raises)


def test_where_a_cut_on_the_way_back_is_blocked_the_raise_that_it_pays_for_is_not_sent(account, platform, a_plan):
    let_it_act(account)
    raised, cut = own_budgets(account)[1:3]
    step = round(min(raised.daily_budget, cut.daily_budget) * 0.15)
    make_change(raised, after=raised.daily_budget + step, plan=a_plan)
    make_change(cut, after=cut.daily_budget - step, plan=a_plan)
    assert set(execute_changes(account, now=NOW)) == {"applied"}
    AccountLimits.objects.update(floor=raised.daily_budget + 1)
    back = roll_back_plan(a_plan.pk, **WHO, now=LATER)
    assert "floor" in back.left.popitem()[1]
    execute_changes(account, now=LATER)
    assert standing(platform, cut) == cut.daily_budget - step


def test_what_has_moved_on_is_left_and_said(account, platform, plan):
    moved = own_budgets(account)[0]
    moved.daily_budget += 500
    moved.save()
    back = roll_back_plan(plan.pk, **WHO, now=LATER)
    assert list(back.left.values()) == ["The budget has been changed again since; undo the latest change."]
    assert back.plan.basis.endswith("on their way: 1.")


def test_what_was_not_sent_yet_is_not_sent_any_more(account, platform, plan):
    change = Change.objects.filter(plan=plan).order_by("id").first()
    Change.objects.filter(pk=change.pk).update(status="approved", sent_at=None)
    roll_back_plan(plan.pk, **WHO, now=LATER)
    change.refresh_from_db()
    assert change.status == "superseded"


def test_what_was_on_its_way_and_came_back_is_not_sent_any_more(account, platform, plan):
    change = Change.objects.filter(plan=plan).order_by("id").first()
    budget = standing(platform, change.target)
    Change.objects.filter(pk=change.pk).update(status="approved")
    (claimed,) = claim_changes(approved_changes(account, raises=change.after > change.before))
    back = roll_back_plan(plan.pk, **WHO, now=LATER)
    assert "on its way" in back.left[change.pk]
    give_back([claimed], reason="The platform had no room for it.")
    send(account)
    change.refresh_from_db()
    assert (change.status, standing(platform, change.target)) == ("superseded", budget)


def test_it_takes_the_right_to_decide_and_something_in_force(account, platform, plan):
    with pytest.raises(MayNotUndo):
        roll_back_plan(plan.pk, by="v@example.com", verbs=ALLOWED[VIEWER], now=LATER)
    roll_back_plan(plan.pk, **WHO, now=LATER)
    with pytest.raises(NothingToRollBack, match="in hand"):
        roll_back_plan(plan.pk, **WHO, now=LATER)
    send(account)
    count = Plan.objects.count()
    with pytest.raises(NothingToRollBack, match="Nothing of this plan"):
        roll_back_plan(plan.pk, **WHO, now=LATER)
    assert Plan.objects.count() == count


def test_the_command_line_takes_a_plan_back(account, platform, plan, capsys):
    call_command("roll_back", "--workspace", "Acme")
    assert f"{plan.pk}  {NOW.date()}" in capsys.readouterr().out
    call_command("roll_back", "--workspace", "Acme", "--plan", str(plan.pk))
    assert "to where they stood before it" in capsys.readouterr().out
    with pytest.raises(CommandError, match="no plan 0"):
        call_command("roll_back", "--workspace", "Acme", "--plan", "0")


def test_the_page_and_the_api_take_a_plan_back(account, platform, plan, client):
    AdAccount.objects.update(insights_pulled_at=real_now())
    client.force_login(User.objects.create_user("vera@example.com"))
    Membership.objects.create(workspace=account.workspace, user=User.objects.get(), role="viewer")
    assert client.post(f"/api/plans/{plan.pk}/rollback").status_code == 403
    Membership.objects.update(role="operator")
    assert "Take this plan back" in client.get("/decisions/").content.decode()
    listed = client.get("/api/plans").json()["results"]
    assert [(one["id"], one["can_be_rolled_back"]) for one in listed] == [(plan.pk, True)]
    answer = client.post(f"/api/plans/{plan.pk}/rollback")
    assert answer.status_code == 200, answer.content
    assert answer.json()["plan"]["rolls_back"] == plan.pk
    assert client.post(f"/api/plans/{plan.pk}/rollback").status_code == 409
    assert client.post("/api/plans/999999/rollback").status_code == 404
    assert client.get("/api/plans?limit=0").status_code == 400
    send(account)
    back = recent_plans()[0].id
    page = client.post(f"/plans/{back}/roll-back/", follow=True).content.decode()
    assert "Proposed the way back" in page
