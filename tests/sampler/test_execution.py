"""Approved changes on their way to the platform: over real HTTP, against a real database."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from sampler.actions.claim_changes import approved_changes, claim_changes
from sampler.actions.execute_changes import execute_changes
from sampler.actions.hold_back import WAITS, hold_back
from sampler.actions.inspect_changes import inspect_changes
from sampler.actions.resolve_unknowns import resolve_unknowns
from sampler.actions.review_change import approve_change
from sampler.models import AccountLimits, Change
from sampler.selectors import budget_holders, change_card
from sampler.selectors.approvals import ITSELF
from stratum.core.clock import real_now
from stratum.core.models import AdAccount, AdSet, AuditEntry, Campaign
from tests.sampler.conftest import (
    APPROVER_VERBS,
    NOW,
    batches_sent,
    give_lifetime_budget,
    let_it_act,
    let_time_pass,
    make_change,
    own_budgets,
    standing,
)

LATER = NOW + timedelta(minutes=10)


def test_an_approved_change_goes_out_in_a_batch_and_is_applied(account, platform):
    ad_set = own_budgets(account)[0]
    change = make_change(ad_set)
    assert execute_changes(account, now=NOW) == {"applied": 1}
    assert standing(platform, ad_set) == change.after
    assert len(batches_sent(platform)) == 1
    ad_set.refresh_from_db()
    assert ad_set.daily_budget == change.after
    told = AuditEntry.objects.get(action="change applied")
    assert (told.data["before"], told.data["after"]) == (change.before, change.after)
    assert change_card(change.pk).can_be_undone


def test_a_campaign_budget_is_sent_too(account, platform):
    campaign = Campaign.objects.select_related("account").get(account=account, daily_budget__gt=0)
    make_change(campaign, step=-0.2)
    assert execute_changes(account, now=NOW) == {"applied": 1}
    campaign.refresh_from_db()
    assert standing(platform, campaign) == campaign.daily_budget


def test_two_ad_sets_of_one_campaign_never_share_a_batch(account, platform):
    ad_sets = own_budgets(account)
    assert len({ad_set.campaign_id for ad_set in ad_sets}) < len(ad_sets)
    for ad_set in ad_sets:
        make_change(ad_set, step=-0.1)
    assert execute_changes(account, now=NOW) == {"applied": len(ad_sets)}
    campaign_of = {ad_set.external_id: ad_set.campaign_id for ad_set in ad_sets}
    for entry in batches_sent(platform):
        sent = [campaign_of[item["relative_url"].split("/")[1]] for item in json.loads(entry.body["batch"])]
        assert len(sent) == len(set(sent)) <= 50


@pytest.mark.parametrize("fault, ends", [("batch_null_applied", "applied"), ("batch_null_lost", "failed")])
def test_an_empty_slot_is_unknown_until_it_was_read_back(account, platform, fault, ends):
    change = make_change(own_budgets(account)[0])
    platform.faults.add(fault)
    assert execute_changes(account, now=NOW) == {"unknown": 1}
    assert execute_changes(account, now=NOW) == {}
    assert resolve_unknowns(account, now=LATER) == {ends: 1}
    assert len(batches_sent(platform)) == 1
    change.refresh_from_db()
    assert (
        (standing(platform, change.ad_set) == change.after)
        == (ends == "applied")
        == (change.ad_set.daily_budget == change.after)
    )


@pytest.mark.parametrize("fault, ends", [("batch_null_applied", "applied"), ("batch_null_lost", "failed")])
def test_the_next_sending_settles_unknowns_by_its_own_reading(account, platform, fault, ends):
    first, second = own_budgets(account)[:2]
    left = make_change(first)
    platform.faults.add(fault)
    execute_changes(account, now=NOW)
    make_change(second)
    before = len(platform.log.entries)
    execute_changes(account, now=LATER)
    left.refresh_from_db()
    assert (left.status, left.ad_set.daily_budget) == (ends, standing(platform, first))
    assert [entry.method for entry in platform.log.entries[before:]] == ["GET", "POST"]


def test_a_sending_leaves_alone_what_may_still_be_on_its_way(account, platform, monkeypatch):
    monkeypatch.setattr("sampler.actions.settle_change.ON_ITS_WAY", timedelta(minutes=2))
    first, second = own_budgets(account)[:2]
    left = make_change(first)
    platform.faults.add("batch_null_lost")
    execute_changes(account, now=NOW)
    make_change(second)
    assert execute_changes(account, now=LATER) == {"applied": 1}
    left.refresh_from_db()
    assert left.status == "unknown"


@pytest.mark.parametrize("applied", [True, False])
def test_a_page_of_a_proxy_inside_an_item_is_no_success(account, platform, applied):
    make_change(own_budgets(account)[0])
    platform.faults.add("item_html_500", applied=applied)
    assert execute_changes(account, now=NOW) == {"unknown": 1}
    assert resolve_unknowns(account, now=LATER) == {"applied" if applied else "failed": 1}


@pytest.mark.parametrize("fault, ends", [("timeout_after_apply", "applied"), ("html_502", "failed")])
def test_no_answer_to_the_batch_is_unknown(account, platform, fault, ends):
    make_change(own_budgets(account)[0])
    platform.faults.add(fault, method="POST")
    assert execute_changes(account, now=NOW) == {"unknown": 1}
    assert resolve_unknowns(account, now=LATER) == {ends: 1}
    assert len(batches_sent(platform)) == 1


def test_an_unknown_that_cannot_be_read_waits_for_the_next_sweep(account, platform):
    make_change(own_budgets(account)[0])
    platform.faults.add("batch_null_lost")
    execute_changes(account, now=NOW)
    platform.faults.add("token_expired", times=1)
    assert resolve_unknowns(account, now=LATER) == {"unknown": 1}
    assert resolve_unknowns(account, now=LATER) == {"failed": 1}


@pytest.mark.parametrize("sent", [True, False])
def test_a_crash_while_sending_is_read_back_after_its_lease(account, platform, sent):
    change = make_change(own_budgets(account)[0])
    claim_changes(approved_changes(account, raises=True))
    if sent:
        platform.world.ad_sets[change.ad_set.external_id].daily_budget = change.after
    assert resolve_unknowns(account, now=LATER) == {}, "the lease still runs"
    Change.objects.update(lease_until=NOW - timedelta(days=900))
    assert resolve_unknowns(account, now=LATER) == {"applied" if sent else "failed": 1}
    assert batches_sent(platform) == []


def test_what_a_person_changed_is_not_overwritten(account, platform):
    ad_set = own_budgets(account)[0]
    change = make_change(ad_set)
    platform.perform("edit", {"id": ad_set.external_id, "daily_budget": ad_set.daily_budget + 777})
    assert execute_changes(account, now=NOW) == {"failed": 1}
    assert standing(platform, ad_set) == ad_set.daily_budget + 777
    assert batches_sent(platform) == []
    change.refresh_from_db()
    assert "Someone else changed it" in change.outcome
    assert change.ad_set.daily_budget == ad_set.daily_budget + 777


def test_a_dry_run_sends_nothing(account, platform):
    AdAccount.objects.update(dry_run=True)
    change = make_change(own_budgets(account)[0])
    assert execute_changes(account, now=NOW) == {"rehearsed": 1}
    assert batches_sent(platform) == []
    assert standing(platform, change.ad_set) == change.before


def test_a_refused_item_says_why_and_the_others_go_through(account, platform):
    low, other = own_budgets(account)[:2]
    too_often = platform.world.ad_sets[low.external_id]
    too_often.budget_changes += [platform.now()] * 4
    refused, applied = make_change(low, step=-0.1), make_change(other, step=-0.1)
    assert execute_changes(account, now=NOW) == {"failed": 1, "applied": 1}
    refused.refresh_from_db()
    applied.refresh_from_db()
    assert "613/1487632" in refused.outcome
    assert applied.status == "applied"


def test_a_rate_limit_gives_the_change_back_unsent(account, platform):
    change = make_change(own_budgets(account)[0])
    platform.faults.add("rate_limit", method="POST", code=80004, seconds=600)
    assert execute_changes(account, now=NOW) == {"approved": 1}
    change.refresh_from_db()
    assert change.outcome.startswith("Not sent yet")
    let_time_pass()
    assert execute_changes(account, now=NOW) == {"applied": 1}


def test_the_cap_holds_at_the_moment_of_sending(account, platform):
    ad_set = own_budgets(account)[0]
    change = make_change(ad_set)
    AccountLimits.objects.update(daily_cap=100)
    assert execute_changes(account, now=NOW) == {"blocked": 1}
    change.refresh_from_db()
    assert "daily cap" in change.outcome
    assert batches_sent(platform) == []


def test_stale_figures_let_cuts_pass_and_hold_raises(account, platform):
    first, second = own_budgets(account)[:2]
    AdAccount.objects.update(insights_pulled_at=NOW - timedelta(hours=9))
    make_change(first, step=0.1)
    make_change(second, step=-0.1)
    assert execute_changes(account, now=NOW) == {"applied": 1, "blocked": 1}
    assert standing(platform, second) < second.daily_budget


def test_an_imported_account_only_rehearses(account, platform):
    AdAccount.objects.update(platform="import")
    make_change(own_budgets(account)[0], step=-0.1)
    account.refresh_from_db()
    assert execute_changes(account, now=NOW) == {"rehearsed": 1}
    assert batches_sent(platform) == []


def test_what_may_still_be_on_its_way_is_not_read_back_yet(account, platform, monkeypatch):
    monkeypatch.setattr("sampler.actions.settle_change.ON_ITS_WAY", timedelta(minutes=2))
    make_change(own_budgets(account)[0])
    platform.faults.add("batch_null_applied")
    assert execute_changes(account, now=NOW) == {"unknown": 1}
    assert resolve_unknowns(account, now=LATER) == {}
    Change.objects.update(lease_until=real_now())
    assert resolve_unknowns(account, now=LATER) == {"applied": 1}


def test_one_budget_that_is_gone_does_not_hold_up_the_others(account, platform):
    gone, other = own_budgets(account)[:2]
    gone.external_id = "404404404"
    gone.save()
    make_change(gone), make_change(other)
    assert execute_changes(account, now=NOW) == {"failed": 1, "applied": 1}


A_DAY = 6_000
LIFETIME = [
    # who holds it, whether it is stored here already, days until it ends, room below the cap, what becomes of the raise
    (AdSet, True, 10, 0, "applied"),
    (AdSet, True, 10, -1, "blocked"),
    (AdSet, False, 10, -1, "blocked"),
    (Campaign, True, 10, 0, "applied"),
    (Campaign, True, 10, -1, "blocked"),
    (AdSet, True, None, 1_000_000, "blocked"),
    (AdSet, False, None, 1_000_000, "blocked"),
]


@pytest.mark.parametrize("kind, is_known, days, room, ends", LIFETIME)
def test_the_cap_counts_what_a_lifetime_budget_may_cost_a_day(account, platform, kind, is_known, days, room, ends):
    raised, *_, other = own_budgets(account)
    change = make_change(raised)
    other = other if kind is AdSet else Campaign.objects.get(account=account, daily_budget__gt=0)
    held = {**platform.world.ad_sets, **platform.world.campaigns}[other.external_id]
    ends_at = days and NOW + timedelta(days=days)
    give_lifetime_budget(platform, held, left=A_DAY * 10, ends_at=ends_at)
    daily = sum(holder.budget for holder in budget_holders(account, day=NOW.date())) - other.daily_budget
    if not is_known:
        other.delete()
    AccountLimits.objects.update(daily_cap=(daily + A_DAY + change.after - change.before) * 1.25 + room)
    assert execute_changes(account, now=NOW) == {ends: 1}
    change.refresh_from_db()
    if days is None:
        assert change.outcome.startswith(f"The platform does not tell what a day of {held.name} may cost")
    assert held.lifetime_budget and held.daily_budget is None


def test_rehearsed_cuts_make_no_room_for_a_live_raise(account, platform, a_plan):
    cut, raised = sorted(own_budgets(account), key=lambda one: -one.daily_budget)[:2]
    account.dry_run = True
    account.save()
    make_change(cut, step=-0.3, plan=a_plan)
    assert execute_changes(account, now=NOW) == {"rehearsed": 1}
    account.dry_run = False
    account.save()
    total = sum(holder.budget for holder in budget_holders(account, day=NOW.date()))
    AccountLimits.objects.filter(account=account).update(daily_cap=total * 1.25)
    make_change(raised, step=0.1, plan=a_plan)
    assert execute_changes(account, now=NOW) == {"blocked": 1}


@pytest.mark.parametrize(
    ("cut", "raised", "says"),
    [
        ("waiting", "approved", "Waits for the cuts"),
        ("unknown", "approved", "Waits for the cuts"),
        ("rejected", "blocked", "did not come about"),
        ("superseded", "blocked", "did not come about"),
        ("failed", "blocked", "did not come about"),
        ("applied", "applied", "Applied"),
        ("approved", "applied", "Applied"),
    ],
)
def test_a_raise_goes_out_with_the_cut_that_pays_for_it_or_not_at_all(account, platform, a_plan, cut, raised, says):
    to_cut, to_raise = own_budgets(account)[:2]
    make_change(
        to_cut, after=to_cut.daily_budget - 500, plan=a_plan, status=cut, lease_until=real_now() + timedelta(hours=1)
    )
    change = make_change(to_raise, after=to_raise.daily_budget + 500, plan=a_plan, decided_by=ITSELF)
    execute_changes(account, now=NOW)
    change.refresh_from_db()
    assert change.status == raised
    assert says in change.outcome
    assert standing(platform, to_raise) == (change.after if raised == "applied" else change.before)


def test_a_raise_that_a_person_approved_goes_out_on_that_word(account, platform, a_plan):
    cut, raised = own_budgets(account)[:2]
    make_change(cut, after=cut.daily_budget - 500, plan=a_plan, status="waiting")
    make_change(raised, after=raised.daily_budget + 500, plan=a_plan, decided_by="ada@example.com")
    assert execute_changes(account, now=NOW) == {"applied": 1}


def test_of_raises_that_one_cut_pays_for_no_more_go_out_than_it_saves(account, platform, a_plan):
    """A plan that raises the total by 200 and whose second cut was rejected."""
    first, second, third, fourth = own_budgets(account)[:4]
    make_change(first, after=first.daily_budget - 500, plan=a_plan)
    make_change(second, after=second.daily_budget - 400, plan=a_plan, status="rejected")
    large, small = (
        make_change(one, after=one.daily_budget + by, plan=a_plan, decided_by=ITSELF)
        for one, by in ((third, 600), (fourth, 500))
    )
    assert execute_changes(account, now=NOW) == {"applied": 2, "blocked": 1}
    statuses = [Change.objects.get(pk=change.pk).status for change in (large, small)]
    assert statuses == ["applied", "blocked"]


def a_cut_and_its_raise(account, plan, **of_the_raise):
    """The cut waits for a person; the raise was let through by Stratum itself."""
    let_it_act(account)
    to_cut, to_raise = own_budgets(account)[1:3]
    cut = make_change(to_cut, after=to_cut.daily_budget - 500, plan=plan, status="waiting", evidence={})
    raised = make_change(
        to_raise,
        after=to_raise.daily_budget + 500,
        plan=plan,
        **{"decided_by": ITSELF, "decided_at": NOW} | of_the_raise,
    )
    return cut, raised


def test_at_the_cap_a_raise_waits_for_the_cut_that_makes_room(account, platform, a_plan):
    cut, raised = a_cut_and_its_raise(account, a_plan, status="proposed")
    total = sum(holder.budget for holder in budget_holders(account, day=NOW.date()))
    AccountLimits.objects.update(daily_cap=total * 1.25)
    assert inspect_changes(account, now=NOW) == {"approved": 1}
    assert execute_changes(account, now=NOW) == {"approved": 1}
    raised.refresh_from_db()
    assert raised.outcome == WAITS
    approve_change(cut.pk, by="ada@example.com", verbs=APPROVER_VERBS, now=NOW)
    assert execute_changes(account, now=NOW) == {"applied": 2}


def test_what_is_held_back_costs_no_call_no_claim_and_no_entry(account, platform, a_plan):
    """However often it is looked at; once its cut stands the next look sends it."""
    cut, raised = a_cut_and_its_raise(account, a_plan)
    entries, calls = AuditEntry.objects.count(), len(platform.log.entries)
    for _ in range(5):
        assert execute_changes(account, now=NOW) == {"approved": 1}
    assert (AuditEntry.objects.count(), len(platform.log.entries)) == (entries, calls)
    raised.refresh_from_db()
    assert (raised.outcome, raised.attempt, raised.sent_at) == (WAITS, 0, None)
    Change.objects.filter(pk=cut.pk).update(status="applied", applied_at=NOW)
    assert execute_changes(account, now=NOW) == {"applied": 1}
    raised.refresh_from_db()
    assert (raised.attempt, raised.sent_at) == (1, NOW)


def test_a_raise_whose_cut_will_not_come_is_ended_without_a_call(account, platform, a_plan):
    cut, _ = a_cut_and_its_raise(account, a_plan)
    Change.objects.filter(pk=cut.pk).update(status="rejected")
    calls = len(platform.log.entries)
    assert execute_changes(account, now=NOW) == {"blocked": 1}
    assert len(platform.log.entries) == calls


def test_the_others_of_an_account_go_out_beside_what_is_held_back(account, platform, a_plan):
    a_cut_and_its_raise(account, a_plan)
    make_change(own_budgets(account)[3], step=0.1)
    make_change(own_budgets(account)[4], step=-0.1)
    assert execute_changes(account, now=NOW) == {"applied": 2, "approved": 1}


def test_the_room_is_looked_at_again_once_a_raise_is_claimed(account, platform, a_plan):
    """A joined account may have claimed its own on the same cut since."""
    a_cut_and_its_raise(account, a_plan)
    claimed = claim_changes(approved_changes(account, raises=True))
    assert hold_back(claimed) == []
    assert [(change.status, change.lease_until) for change in claimed] == [("approved", None)]


@pytest.mark.parametrize("hours, ends", [(3.9, "approved"), (4.1, "blocked")])
def test_an_approval_lapses_while_its_raise_is_held_back_too(account, platform, a_plan, hours, ends):
    a_cut_and_its_raise(account, a_plan)
    assert execute_changes(account, now=NOW + timedelta(hours=hours)) == {ends: 1}


def test_a_claim_that_ends_without_a_write_is_no_attempt(account, platform):
    change = make_change(own_budgets(account)[0])
    AccountLimits.objects.update(daily_cap=100)
    assert execute_changes(account, now=NOW) == {"blocked": 1}
    change.refresh_from_db()
    assert (change.attempt, change.sent_at) == (0, None)
