"""From beliefs to a plan with reasons."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from attribution.actions.ads.pull_ad_performance import pull_ad_performance
from sampler.actions.execute_changes import execute_changes
from sampler.actions.inspect_changes import inspect_changes
from sampler.actions.propose_plan import propose_plan
from sampler.actions.record_approval import record_approval
from sampler.actions.review_change import approve_change, reject_change
from sampler.actions.write_beliefs import write_beliefs
from sampler.domain.belief import Belief, Outcome
from sampler.models import AccountLimits, AdBelief, Change, Plan
from sampler.selectors import (
    belief_cards,
    beliefs_of,
    last_plans,
    mostly_resting,
    recent_changes,
    waiting_changes,
    why_nothing_may_move,
)
from sampler.selectors.budgets import budget_holders
from sampler.selectors.standing_total import standing_total
from stratum.core.models import Ad, AdAccount, AdSet, Campaign
from tests.sampler.conftest import APPROVER_VERBS, NOW, make_change

DAY = NOW.date()


def believe(account, conversions=lambda i: 5 + 10 * (i % 4)):
    ads = Ad.objects.filter(account=account).order_by("id")
    beliefs = {
        ad.pk: Belief(DAY.toordinal()).updated(
            DAY.toordinal(), Outcome(50_000, 900, 600.0, conversions(i), 60.0 * conversions(i))
        )
        for i, ad in enumerate(ads)
    }
    write_beliefs(beliefs, now=NOW)
    return beliefs


def budgets(account):
    ad_sets = AdSet.objects.filter(account=account, status="ACTIVE", daily_budget__gt=0, campaign__status="ACTIVE")
    campaigns = Campaign.objects.filter(account=account, status="ACTIVE", daily_budget__gt=0)
    return sum(row.daily_budget for row in [*ad_sets, *campaigns])


def test_a_plan_moves_every_cent_within_the_step(account):
    believe(account)
    plan = propose_plan(account, day=DAY, now=NOW, seed=7)
    changes = list(Change.objects.filter(plan=plan))
    assert plan.total == budgets(account) == sum(holder["after"] for holder in plan.inputs["holders"])
    assert changes
    assert all(-0.3 - 1e-9 <= change.after / change.before - 1 <= 0.2 + 1e-9 for change in changes)
    assert plan.low <= plan.expected <= plan.high
    assert {change.target_kind for change in changes} == {"ad_set", "campaign"}


def test_the_same_seed_gives_the_same_plan(account):
    believe(account)
    first, again, other = (propose_plan(account, day=DAY, now=NOW, seed=seed) for seed in (7, 7, 8))
    assert first.inputs_hash == again.inputs_hash != other.inputs_hash
    assert (first.expected, first.low, first.high) == (again.expected, again.low, again.high)


def test_each_change_says_why_and_what_would_change_our_mind(account):
    believe(account)
    propose_plan(account, day=DAY, now=NOW, seed=7)
    inspect_changes(account, now=NOW)
    for card in waiting_changes():
        assert [reason.signal for reason in card.because][:3] == ["return", "certainty", "evidence"]
        assert card.expected.low <= card.expected.mean <= card.expected.high
        assert card.would_change_our_mind


def test_a_newer_plan_takes_the_place_of_what_waits(account):
    believe(account)
    first = propose_plan(account, day=DAY, now=NOW, seed=7)
    inspect_changes(account, now=NOW)
    second = propose_plan(account, day=DAY, now=NOW + timedelta(hours=6), seed=8)
    assert set(Change.objects.filter(plan=first).values_list("status", flat=True)) == {"superseded"}
    assert [card.id for card in last_plans()] == [second.pk]


def test_a_budget_with_a_change_in_hand_stays_out(account):
    believe(account)
    busy = AdSet.objects.filter(account=account, daily_budget__gt=0).select_related("account").first()
    make_change(busy, status="unknown")
    plan = propose_plan(account, day=DAY, now=NOW, seed=7)
    assert not Change.objects.filter(plan=plan, ad_set=busy).exists()
    assert "in hand: 1." in plan.basis


def test_nothing_is_planned_or_approved_below_the_platforms_minimum(account, platform):
    """A cut that the platform refuses would let the raises that it was to pay for go out alone."""
    small, other = AdSet.objects.filter(account=account, daily_budget__gt=0).select_related("account")[:2]
    platform.world.ad_sets[small.external_id].daily_budget = 105
    AdAccount.objects.update(minimum_budget=0)
    pull_ad_performance(account, now=NOW)
    assert account.minimum_budget == 100
    worst = {ad.pk: number for number, ad in enumerate(Ad.objects.filter(account=account).order_by("id")) if ad.ad_set_id == small.pk}  # fmt: skip
    believe(account, conversions=lambda i: 1 if i in worst.values() else 20)
    plan = propose_plan(account, day=DAY, now=NOW, seed=7)
    assert Change.objects.get(plan=plan, ad_set=small).after == 100
    make_change(other, status="proposed", before=140, after=99)
    inspect_changes(account, now=NOW)
    assert "below the platform's minimum of 1.00 USD" in Change.objects.get(ad_set=other, plan=None).outcome
    Change.objects.filter(plan=plan, status="waiting").update(status="approved")
    for change in Change.objects.filter(status="approved"):
        record_approval(change, by="ada@example.com", now=NOW)
    assert set(execute_changes(account, now=NOW)) == {"applied"}


def test_a_total_out_of_reach_is_said(account):
    believe(account)
    plan = propose_plan(account, day=DAY, now=NOW, seed=7, total=10 * budgets(account))
    assert "more than ceilings and steps allow" in plan.basis
    assert plan.total <= 1.2 * budgets(account)


def test_equal_ads_bring_no_change(account):
    believe(account, conversions=lambda i: 20)
    Ad.objects.filter(account=account).update(status="PAUSED")
    plan = propose_plan(account, day=DAY, now=NOW, seed=7)
    assert recent_changes() == []
    assert plan.total == budgets(account)


def test_without_a_cap_only_cuts_pass(account):
    believe(account)
    AccountLimits.objects.update(daily_cap=None)
    propose_plan(account, day=DAY, now=NOW, seed=7)
    went = inspect_changes(account, now=NOW)
    assert went["blocked"] == Change.objects.filter(status="blocked").count() > 0
    assert all(card.after < card.before for card in waiting_changes())


def test_beliefs_are_written_once(account):
    beliefs = believe(account)
    assert write_beliefs(beliefs, now=NOW) == 0
    assert beliefs_of(beliefs) == beliefs
    assert set(AdBelief.objects.values_list("version", flat=True)) == {1}
    later = {ad_id: belief.decayed(belief.as_of + 1) for ad_id, belief in beliefs.items()}
    assert write_beliefs(later, now=NOW) == len(beliefs)
    assert set(AdBelief.objects.values_list("version", flat=True)) == {2}
    cards = belief_cards(account)
    assert [card.score for card in cards] == sorted((card.score for card in cards), reverse=True)


def test_a_belief_of_a_strangers_ad_is_refused(account):
    with pytest.raises(ValueError, match="not in this workspace"):
        write_beliefs({999_999: Belief(DAY.toordinal())}, now=NOW)


def test_no_budgets_no_plan(account):
    AdSet.objects.update(status="PAUSED")
    Campaign.objects.update(status="PAUSED")
    assert propose_plan(account, day=DAY, now=NOW, seed=7) is None
    assert Plan.objects.count() == 0


def carried_out(plan, which):
    """Sets the budgets of the plan's changes of one kind, as a sending that was stopped halfway would leave them."""
    for change in Change.objects.filter(plan=plan).select_related("ad_set", "campaign"):
        if which(change):
            change.target.daily_budget = change.after
            change.target.save()
            Change.objects.filter(pk=change.pk).update(status="applied", applied_at=NOW)


def test_cuts_that_went_out_without_their_raises_do_not_lower_the_total(account):
    believe(account)
    first = propose_plan(account, day=DAY, now=NOW, seed=7)
    carried_out(first, lambda change: change.after < change.before)
    assert budgets(account) < first.total
    second = propose_plan(account, day=DAY, now=NOW + timedelta(hours=6), seed=8)
    assert second.total == first.total


def test_a_budget_that_a_person_set_starts_a_new_total(account):
    believe(account)
    propose_plan(account, day=DAY, now=NOW, seed=7)
    ad_set = AdSet.objects.filter(account=account, daily_budget__gt=0).first()
    ad_set.daily_budget += 1234
    ad_set.save()
    assert propose_plan(account, day=DAY, now=NOW + timedelta(hours=6), seed=8).total == budgets(account)


@pytest.mark.parametrize(("hours", "left_out"), [(0, True), (5.9, True), (6.1, False)])
def test_a_budget_that_cools_down_is_left_as_it_is(account, hours, left_out):
    believe(account)
    changed = AdSet.objects.filter(account=account, daily_budget__gt=0, status="ACTIVE").first()
    make_change(changed, status="applied", applied_at=NOW - timedelta(hours=hours))
    plan = propose_plan(account, day=DAY, now=NOW, seed=7)
    kept = {holder["id"] for holder in plan.inputs["holders"]}
    assert (changed.pk not in kept) == left_out == ("within the last 6 hours: 1." in plan.basis)
    went = inspect_changes(account, now=NOW)
    assert not went.get("blocked")


def test_where_every_budget_cools_down_it_says_so(account):
    believe(account)
    for target in [*AdSet.objects.filter(daily_budget__gt=0), *Campaign.objects.filter(daily_budget__gt=0)]:
        make_change(target, status="applied", applied_at=NOW - timedelta(hours=1))
    assert propose_plan(account, day=DAY, now=NOW, seed=7) is None
    assert why_nothing_may_move(account, day=DAY).endswith("was changed within the last 6 hours")
    assert mostly_resting(account, now=NOW) and not mostly_resting(account, now=NOW + timedelta(hours=5.1))


def stands(account):
    return standing_total(account, budget_holders(account, day=DAY)).total


def approve(plan, how_many=None):
    biggest = sorted(
        Change.objects.filter(plan=plan, status="waiting"), key=lambda change: -abs(change.after - change.before)
    )
    for change in biggest[:how_many]:
        approve_change(change.pk, by="ada@example.com", verbs=APPROVER_VERBS, now=NOW)


@pytest.mark.parametrize("factor", [1.15, 0.85])
def test_another_total_holds_as_far_as_it_was_approved(account, factor):
    believe(account)
    before = budgets(account)
    plan = propose_plan(account, day=DAY, now=NOW, seed=1, total=round(before * factor))
    inspect_changes(account, now=NOW)
    assert stands(account) == before, "asked for by one, approved by nobody"
    approve(plan, how_many=1)
    one = Change.objects.get(plan=plan, status="approved")
    assert stands(account) == before + one.after - one.before
    approve(plan)
    assert stands(account) == plan.total == round(before * factor)


def test_a_total_that_was_rejected_is_not_planned_again(account):
    believe(account)
    before = budgets(account)
    plan = propose_plan(account, day=DAY, now=NOW, seed=1, total=round(before * 1.15))
    inspect_changes(account, now=NOW)
    for change in Change.objects.filter(plan=plan, status="waiting"):
        reject_change(change.pk, by="ada@example.com", verbs=APPROVER_VERBS, now=NOW)
    assert propose_plan(account, day=DAY, now=NOW + timedelta(hours=1), seed=2).total == before


@pytest.mark.parametrize("became", ["undone", "rejected", "blocked"])
def test_a_total_falls_back_with_the_changes_that_led_there_whatever_was_planned_in_between(account, became):
    believe(account)
    before = budgets(account)
    raised = propose_plan(account, day=DAY, now=NOW, seed=1, total=round(before * 1.15))
    inspect_changes(account, now=NOW)
    approve(raised)
    for minutes in (5, 10):
        propose_plan(account, day=DAY, now=NOW + timedelta(minutes=minutes), seed=2)
        assert stands(account) == raised.total
    Change.objects.filter(plan=raised).update(status=became)
    assert stands(account) == before
    assert propose_plan(account, day=DAY, now=NOW + timedelta(minutes=15), seed=3).total == before


def test_a_budget_that_rests_keeps_the_total_and_a_raise_in_hand_is_paid_for(account):
    """What a cut saved for a raise that is still under way is neither forgotten nor spent twice."""
    believe(account)
    before = budgets(account)
    plan = propose_plan(account, day=DAY, now=NOW, seed=1)
    cut, raised = (
        Change.objects.filter(plan=plan).annotate(by=F("after") - F("before")).order_by(by).first()
        for by in ("by", "-by")
    )
    Change.objects.filter(pk=cut.pk).update(status="applied", applied_at=NOW)
    type(cut.target).objects.filter(pk=cut.target.pk).update(daily_budget=cut.after)
    Change.objects.filter(pk=raised.pk).update(status="approved")
    assert stands(account) == before
    later = propose_plan(account, day=DAY, now=NOW + timedelta(minutes=5), seed=2)
    assert later.total == before - cut.after - raised.after
    assert stands(account) == before


@pytest.mark.parametrize("percent", [0.4, -0.4, 3, 0])
def test_the_changes_of_a_plan_lead_to_its_total(account, percent):
    """A move too small to be sent is made by another budget."""
    believe(account)
    before = budgets(account)
    plan = propose_plan(account, day=DAY, now=NOW, seed=1, total=round(before * (1 + percent / 100)))
    moves = [change.after - change.before for change in Change.objects.filter(plan=plan)]
    assert before + sum(moves) == plan.total == round(before * (1 + percent / 100))
    assert all(
        abs(change.after - change.before) >= min(0.01 * change.before, 100)
        for change in Change.objects.filter(plan=plan)
    )
