"""A person decides, and takes back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection

from sampler.actions.execute_changes import execute_changes
from sampler.actions.inspect_changes import inspect_changes
from sampler.actions.move_change import move_change
from sampler.actions.review_change import ChangeAlreadyDecided, MayNotApprove, approve_change, reject_change
from sampler.actions.undo_change import CannotBeUndone, undo_change
from sampler.models import AccountLimits, Change
from sampler.selectors import budget_holders, change_card, count_by_status, waiting_changes
from sampler.selectors.guard import context_of, surroundings_of
from stratum.core.actions.halt_sending import halt_sending, lift_halt
from stratum.core.models import AdAccount, AuditEntry, Membership, User
from stratum.core.permissions import ALLOWED, OPERATOR
from stratum.core.tenancy import in_workspace
from tests.sampler.conftest import APPROVER_VERBS, NOW, batches_sent, let_it_act, make_change, own_budgets, standing

WHO = {"by": "ada@example.com", "verbs": APPROVER_VERBS, "now": NOW}


def test_a_clean_change_waits_for_a_person(account):
    change = make_change(own_budgets(account)[0], status="proposed")
    assert inspect_changes(account, now=NOW) == {"waiting": 1}
    card = waiting_changes()[0]
    assert card.can_be_decided
    assert card.title == f"Raise “{change.ad_set.name}” {card.before:,} → {card.after:,} USD/day (+10 %)"


def test_what_was_blocked_takes_no_room_under_the_cap_from_the_next(account, a_plan):
    first, second = own_budgets(account)[:2]
    total = sum(holder.budget for holder in budget_holders(account, day=NOW.date()))
    AccountLimits.objects.update(daily_cap=round((total + 300) * 1.25))
    make_change(first, after=first.daily_budget + 200, status="proposed", plan=a_plan)
    make_change(second, after=second.daily_budget + 250, status="proposed", plan=a_plan)
    assert inspect_changes(account, now=NOW) == {"blocked": 1, "waiting": 1}
    assert Change.objects.get(status="waiting").ad_set == second


def test_an_accounts_changes_are_weighed_with_what_was_read_once(account, django_assert_num_queries):
    changes = [make_change(ad_set, status="proposed") for ad_set in own_budgets(account)]
    holders, around = budget_holders(account, day=NOW.date()), surroundings_of(account, changes, now=NOW)
    with django_assert_num_queries(0):
        totals = [context_of(change, holders, around, now=NOW).account_total for change in changes]
    standing_now = sum(holder.budget for holder in holders)
    assert totals == [standing_now + change.after - change.before for change in changes]


def test_a_large_step_is_blocked_with_a_sentence(account):
    make_change(own_budgets(account)[0], step=0.5, status="proposed")
    assert inspect_changes(account, now=NOW) == {"blocked": 1}
    change = Change.objects.get()
    assert change.findings[0]["check"] == "step_too_large"
    assert change.outcome == change.findings[0]["sentence"]


def test_within_its_limits_stratum_approves_only_what_is_clean(account):
    AccountLimits.objects.update(autonomy="act_within_limits")
    clean, doubtful = own_budgets(account)[:2]
    make_change(clean, status="proposed")
    make_change(doubtful, status="proposed", evidence={"clicks": 5, "conversions": 0})
    assert inspect_changes(account, now=NOW) == {"approved": 1, "waiting": 1}


def test_one_budget_has_one_live_change(account):
    ad_set = own_budgets(account)[0]
    make_change(ad_set)
    with pytest.raises(IntegrityError):
        make_change(ad_set, status="waiting")


def test_nobody_approves_twice(account):
    change = make_change(own_budgets(account)[0], status="waiting")
    approve_change(change.pk, **WHO, comment="looks right")
    with pytest.raises(ChangeAlreadyDecided, match=r"already approved by ada@example\.com"):
        approve_change(change.pk, **WHO)
    assert AuditEntry.objects.get(action="change approved").data["comment"] == "looks right"


def test_an_approved_change_is_withdrawn_until_it_is_sent(account):
    change = make_change(own_budgets(account)[0], status="approved")
    assert reject_change(change.pk, **WHO).status == "rejected"
    assert execute_changes(account, now=NOW) == {}
    sending = make_change(own_budgets(account)[0], status="sending")
    with pytest.raises(ChangeAlreadyDecided):
        reject_change(sending.pk, **WHO)


def test_an_operator_may_not_approve(account):
    change = make_change(own_budgets(account)[0], status="waiting")
    with pytest.raises(MayNotApprove):
        approve_change(change.pk, by="op@example.com", verbs=ALLOWED[OPERATOR], now=NOW)
    assert count_by_status()["waiting"] == 1


def test_a_change_of_another_workspace_does_not_exist(account):
    change = make_change(own_budgets(account)[0], status="waiting")
    with in_workspace(account.workspace_id + 1), pytest.raises(Change.DoesNotExist):
        approve_change(change.pk, **WHO)


def test_an_applied_change_is_taken_back_through_review(account, platform):
    ad_set = own_budgets(account)[0]
    change = make_change(ad_set, step=-0.3)
    execute_changes(account, now=NOW)
    undo = undo_change(change.pk, **WHO)
    assert (undo.status, undo.before, undo.after) == ("waiting", change.after, change.before)
    with pytest.raises(CannotBeUndone, match="in hand"):
        undo_change(change.pk, **WHO)
    approve_change(undo.pk, **WHO)
    assert execute_changes(account, now=NOW) == {"applied": 1}
    change.refresh_from_db()
    assert change.status == "undone"
    assert standing(platform, ad_set) == ad_set.daily_budget


def test_a_change_that_never_took_effect_cannot_be_undone(account):
    change = make_change(own_budgets(account)[0], status="failed")
    with pytest.raises(CannotBeUndone, match="only an applied one"):
        undo_change(change.pk, **WHO)


def test_a_move_that_the_table_does_not_know_is_a_mistake(account):
    with pytest.raises(ValueError, match="waiting to applied"):
        move_change(make_change(own_budgets(account)[0], status="waiting"), "applied", actor="x")


def _at_once(workspace_id, work):
    def run(_):
        try:
            with in_workspace(workspace_id):
                return work()
        except ChangeAlreadyDecided:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(run, range(8)))


@pytest.mark.django_db(transaction=True)
def test_eight_people_approve_and_eight_workers_send_once(account, platform):
    change = make_change(own_budgets(account)[0], status="waiting")
    approvals = _at_once(account.workspace_id, lambda: approve_change(change.pk, **WHO))
    assert sum(one is not None for one in approvals) == 1
    sendings = _at_once(account.workspace_id, lambda: execute_changes(AdAccount.objects.get(pk=account.pk), now=NOW))
    assert sum(one.get("applied", 0) for one in sendings) == 1
    assert len(batches_sent(platform)) == 1
    assert AuditEntry.objects.filter(action="change applied").count() == 1


@pytest.fixture
def two_may_approve(workspace):
    for name in ("ada", "bob"):
        user = User.objects.create_user(f"{name}@example.com")
        Membership.objects.create(workspace=workspace, user=user, role="approver")


def large(account, **fields):
    """More than a tenth of the cap."""
    AccountLimits.objects.update(daily_cap=5_000_000, two_person_share=0.0)
    change = make_change(own_budgets(account)[0], status="proposed", **fields)
    inspect_changes(account, now=NOW)
    change.refresh_from_db()
    return change


def test_a_large_raise_is_sent_once_two_people_have_approved_it(account, platform, two_may_approve):
    change = large(account)
    assert [finding["severity"] for finding in change.findings] == ["two"]
    for _ in range(2):
        assert approve_change(change.pk, **WHO).status == "waiting"
    card = change_card(change.pk)
    assert (card.approved_by, card.people_missing) == (("ada@example.com",), 1)
    assert approve_change(change.pk, **WHO | {"by": "bob@example.com"}).status == "approved"
    assert execute_changes(account, now=NOW) == {"applied": 1}


@pytest.mark.parametrize("by", [("key one", "key two"), ("ada@example.com", "key of ada's laptop")])
def test_a_key_is_not_the_second_person(account, two_may_approve, by):
    change = large(account, asked_by="key three")
    for name in by:
        assert approve_change(change.pk, **WHO | {"by": name}).status == "waiting"
    assert change_card(change.pk).people_missing == 2 - sum("@" in name for name in by)


def test_where_one_person_may_approve_at_all_one_is_enough(account):
    assert approve_change(large(account).pk, **WHO).status == "approved"


def test_who_asked_for_a_large_raise_does_not_approve_it_alone(account, two_may_approve):
    change = large(account, asked_by="ada@example.com")
    assert approve_change(change.pk, **WHO).status == "waiting"
    assert approve_change(change.pk, **WHO | {"by": "bob@example.com"}).status == "approved"


def test_a_large_raise_that_one_person_waved_through_is_not_sent(account, platform, two_may_approve):
    """Approved while one was enough; by the time of sending the limits ask for two, and the second is asked."""
    change = make_change(own_budgets(account)[0])
    AccountLimits.objects.update(two_person_share=0.0)
    assert execute_changes(account, now=NOW) == {"waiting": 1}
    assert not batches_sent(platform)
    assert change_card(change.pk).people_missing == 1
    assert approve_change(change.pk, **WHO | {"by": "bob@example.com"}).status == "approved"
    assert execute_changes(account, now=NOW) == {"applied": 1}


def approved_by_itself(account, **fields):
    let_it_act(account)
    change = make_change(own_budgets(account)[1], status="proposed", **fields)
    assert inspect_changes(account, now=NOW) == {"approved": 1}
    return change


@pytest.mark.parametrize(
    ("meanwhile", "live", "says"),
    [
        ({"autonomy": "review"}, True, "a person has to approve each change"),
        ({"autonomy": "review"}, False, "a person has to approve each change"),
        ({"two_person_amount": 1}, True, "a person has yet to approve it. Moves"),
    ],
)
def test_stratums_own_word_does_not_stand_in_for_a_persons(account, platform, meanwhile, live, says):
    """It approved by itself; by the time of sending a person is needed, and only that person's word sends it, once."""
    change = approved_by_itself(account)
    AccountLimits.objects.update(**meanwhile)
    AdAccount.objects.update(dry_run=not live)
    assert execute_changes(account, now=NOW) == {"waiting": 1}
    change.refresh_from_db()
    assert says in change.outcome and change.lease_until is None and change.decided_by == ""
    assert [found["check"] for found in change.findings] == ["large_move"] * ("two_person_amount" in meanwhile)
    assert AuditEntry.objects.get(action="change waiting").data["outcome"] == change.outcome
    assert execute_changes(account, now=NOW) == {}, "it waits"
    AccountLimits.objects.update(autonomy="act_within_limits")
    assert execute_changes(account, now=NOW) == {}, "also once Stratum may act again"
    assert approve_change(change.pk, **WHO).outcome == ""
    assert execute_changes(account, now=NOW) == {"applied" if live else "rehearsed": 1}
    assert len(batches_sent(platform)) == live


def test_stratum_is_neither_of_two_people(account, platform, two_may_approve):
    change = approved_by_itself(account)
    AccountLimits.objects.update(two_person_amount=1)
    assert execute_changes(account, now=NOW) == {"waiting": 1}
    assert (change_card(change.pk).approved_by, change_card(change.pk).people_missing) == ((), 2)
    assert approve_change(change.pk, **WHO).status == "waiting"
    assert approve_change(change.pk, **WHO | {"by": "bob@example.com"}).status == "approved"
    assert execute_changes(account, now=NOW) == {"applied": 1}


@pytest.mark.parametrize("hours, ends", [(3.9, "applied"), (4.1, "blocked")])
def test_of_two_words_only_the_one_that_counts_has_to_be_fresh(account, platform, hours, ends):
    """The person's; Stratum's own is older, or no word at all by then."""
    change = approved_by_itself(account)
    AccountLimits.objects.update(autonomy="review")
    at = NOW + timedelta(hours=5)
    AdAccount.objects.update(insights_pulled_at=at + timedelta(hours=hours))
    account.refresh_from_db()
    assert execute_changes(account, now=at) == {"waiting": 1}
    approve_change(change.pk, **WHO | {"now": at})
    assert execute_changes(account, now=at + timedelta(hours=hours)) == {ends: 1}


def test_what_was_found_at_sending_is_kept_with_what_was_sent(account, platform):
    change = make_change(own_budgets(account)[0], evidence={"clicks": 5, "conversions": 0})
    assert execute_changes(account, now=NOW) == {"applied": 1}
    change.refresh_from_db()
    assert [found["check"] for found in change.findings] == ["too_little_evidence"]


def test_a_plan_is_no_wider_once_its_own_cuts_stand(account, platform, a_plan):
    """As wide as Stratum may make it by itself, to the cent."""
    let_it_act(account)
    cut, raised = own_budgets(account)[1:3]
    total = sum(holder.budget for holder in budget_holders(account, day=NOW.date()))
    AccountLimits.objects.update(plan_budgets=0.0, plan_money=4_000 / total)
    for one, by in ((cut, -2_000), (raised, 2_000)):
        make_change(one, after=one.daily_budget + by, status="proposed", plan=a_plan)
    assert inspect_changes(account, now=NOW) == {"approved": 2}
    assert execute_changes(account, now=NOW) == {"applied": 2}


def test_an_approval_is_for_what_was_seen(account, platform):
    change = make_change(own_budgets(account)[0])
    Change.objects.filter(pk=change.pk).update(after=change.after + 1)
    assert execute_changes(account, now=NOW) == {"blocked": 1}
    assert "not approved" in Change.objects.get().outcome
    assert not batches_sent(platform)


@pytest.mark.parametrize("hours, ends", [(3.9, "applied"), (4.1, "blocked")])
def test_an_approval_lapses(account, hours, ends):
    make_change(own_budgets(account)[0])
    at = NOW + timedelta(hours=hours)
    AdAccount.objects.update(insights_pulled_at=at)
    account.refresh_from_db()
    assert execute_changes(account, now=at) == {ends: 1}


@pytest.mark.parametrize("of", ["account", "workspace"])
def test_what_is_stopped_is_not_sent_until_it_is_lifted(account, platform, of):
    stopped = account if of == "account" else account.workspace
    make_change(own_budgets(account)[0])
    halt_sending(stopped, because="spend looks wrong", actor="ada@example.com", now=NOW)
    assert execute_changes(account, now=NOW) == {"approved": 1}
    assert "spend looks wrong" in Change.objects.get().outcome
    assert not batches_sent(platform)
    lift_halt(stopped, actor="ada@example.com")
    assert execute_changes(account, now=NOW) == {"applied": 1}
    assert AuditEntry.objects.filter(action__startswith="sending").count() == 2


def test_the_command_line_stops_and_lifts(account, workspace):
    make_change(own_budgets(account)[0])
    call_command("halt", "--workspace", workspace.name, "--account", account.external_id)
    assert execute_changes(account, now=NOW) == {"approved": 1}
    call_command("halt", "--workspace", workspace.name, "--account", account.external_id, "--lift")
    assert execute_changes(account, now=NOW) == {"applied": 1}
    with pytest.raises(CommandError, match="no ad account act_0"):
        call_command("halt", "--workspace", workspace.name, "--account", "act_0")
