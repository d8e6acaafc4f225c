"""The same plans, guardrails, sending and stopping, with an account that is Google's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from attribution.actions.ads.pull_ad_performance import pull_ad_performance
from learning.actions.turn_cycle import turn_cycle
from sampler.actions.execute_changes import execute_changes
from sampler.actions.resolve_unknowns import resolve_unknowns
from sampler.actions.review_change import approve_change
from sampler.actions.set_limits import set_limits
from sampler.actions.undo_change import undo_change
from sampler.actions.watch_spend import watch_spend
from sampler.models import AccountLimits, Change, Pause
from sampler.selectors.budgets import budget_holders, fixed_budgets
from sampler.selectors.guard import context_of, surroundings_of
from sampler.selectors.spend import pace_limits
from stratum.core.models import AdAccount, AdDay, Campaign, Workspace
from stratum.sandbox import AccountProfile, Sandbox, SandboxConfig
from tests.sampler.conftest import APPROVER_VERBS, NOW, let_time_pass, make_change

PROFILE = AccountProfile(
    external_id="4155550199", name="Harbor search", platform="google", campaigns=5, shared_budgets=2, ad_sets=8, ads=12
)
WHO = {"by": "ada@example.com", "verbs": APPROVER_VERBS}
MICROS = 10_000
LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def google(settings: Any) -> Iterator[Sandbox]:
    config = SandboxConfig(history_days=2, now=NOW.isoformat(), accounts=(PROFILE,), deliver_history=False)
    with Sandbox(config).start() as market:
        settings.GOOGLE_ADS_URL = market.graph_url
        yield market


@pytest.fixture
def account(workspace: Workspace, google: Sandbox) -> AdAccount:
    workspace.revenue_source = Workspace.RevenueSource.PLATFORM
    workspace.save()
    account = AdAccount.objects.create(
        workspace=workspace, platform="google", external_id="415-555-0199", name=PROFILE.name, currency="USD",
        timezone=PROFILE.timezone, access_token=google.config.access_token, dry_run=False,
    )  # fmt: skip
    pull_ad_performance(account, now=NOW)
    set_limits(account, actor="test", daily_cap=10_000_000)
    return account


def own(account: AdAccount) -> list[Campaign]:
    return list(Campaign.objects.filter(account=account, daily_budget__gt=0).select_related("account").order_by("id"))


def held(google: Sandbox, campaign: Campaign) -> int:
    """What the platform holds, minor units."""
    return google.world.campaigns[campaign.external_id].daily_budget // MICROS


def mutates(google: Sandbox) -> list[Any]:
    return [entry for entry in google.log.entries if entry.path.endswith("campaignBudgets:mutate")]


def test_structure_and_performance_are_pulled_like_metas(account, google):
    truth = google.world.accounts[0]
    assert Campaign.objects.count() == 5 and len(own(account)) == 3
    assert {campaign.daily_budget for campaign in own(account)} == {
        one.daily_budget // MICROS for one in truth.campaigns if not one.explicitly_shared
    }
    spent = sum(float(day.spend) for day in AdDay.objects.all())
    assert spent == pytest.approx(sum(facts.spend for facts in google.world.facts.days.values()), abs=0.01 * AdDay.objects.count())  # fmt: skip
    holders = budget_holders(account, day=NOW.date())
    assert len(holders) == 3 and all(holder.ad_ids for holder in holders)


def test_plan_approve_execute_read_back_and_undo(account, google):
    turn_cycle(account.workspace, until=None, now=NOW, rng_seed=1)
    planned = list(Change.objects.filter(status="waiting").select_related("campaign"))
    assert planned and {change.target_kind for change in planned} == {"campaign"}
    shared = {one.id for one in google.world.accounts[0].campaigns if one.explicitly_shared}
    assert not shared & {change.campaign.external_id for change in planned}, "nobody plans for a shared budget"
    for change in planned:
        approve_change(change.pk, **WHO, now=NOW)
    assert execute_changes(account, now=NOW) == {"applied": len(planned)}
    assert all(held(google, change.campaign) == change.after for change in planned)
    cuts = sum(change.after < change.before for change in planned)
    assert [len(sent.body["operations"]) for sent in mutates(google)] == [cuts, len(planned) - cuts], "cuts first"

    undo = undo_change(planned[0].pk, **WHO, now=LATER)
    approve_change(undo.pk, **WHO, now=LATER)
    assert execute_changes(account, now=LATER) == {"applied": 1}
    assert held(google, planned[0].campaign) == planned[0].before
    planned[0].refresh_from_db()
    assert planned[0].status == "undone"
    assert {edit.node_id for edit in google.world.edits}.isdisjoint(shared)


@pytest.mark.parametrize(("fault", "ends"), [("timeout_after_apply", "applied"), ("html_502", "failed")])
def test_no_answer_is_read_back_and_not_sent_twice(account, google, fault, ends):
    change = make_change(own(account)[0])
    google.faults.add(fault, path=":mutate")
    assert execute_changes(account, now=NOW) == {"unknown": 1}
    assert execute_changes(account, now=NOW) == {}
    assert resolve_unknowns(account, now=LATER) == {ends: 1}
    assert len(mutates(google)) == 1
    assert held(google, change.campaign) == (change.after if ends == "applied" else change.before)


def test_a_partial_failure_ends_one_change_and_the_others_go_through(account, google):
    changes = [make_change(campaign, step=-0.1) for campaign in own(account)]
    google.faults.add("refuse_operation", index=1)
    assert execute_changes(account, now=NOW) == {"applied": 2, "failed": 1}
    refused = Change.objects.get(status="failed")
    assert "MONEY_AMOUNT_TOO_LARGE" in refused.outcome and held(google, refused.campaign) == refused.before
    assert all(held(google, one.campaign) == one.after for one in changes if one.pk != refused.pk)


def test_a_budget_that_is_shared_between_reading_and_writing_is_not_written(account, google):
    change = make_change(own(account)[0], step=-0.1)
    google.faults.add("share_in_between")
    assert execute_changes(account, now=NOW) == {"failed": 1}
    change.refresh_from_db()
    assert change.outcome.startswith("The platform refused it: the budget is shared by ")
    assert change.campaign.name in change.outcome and not mutates(google)


def test_a_quota_gives_the_change_back_unsent(account, google):
    change = make_change(own(account)[0])
    google.faults.add("rate_limit", path=":mutate", seconds=1200)
    assert execute_changes(account, now=NOW) == {"approved": 1}
    change.refresh_from_db()
    assert "RESOURCE_EXHAUSTED" in change.outcome
    let_time_pass()
    assert execute_changes(account, now=NOW) == {"applied": 1}


def test_what_a_person_changed_is_not_overwritten(account, google):
    campaign = own(account)[0]
    make_change(campaign)
    google.perform("edit", {"id": campaign.external_id, "daily_budget": (campaign.daily_budget + 500) * MICROS, "by": "person"})  # fmt: skip
    assert execute_changes(account, now=NOW) == {"failed": 1}
    assert held(google, campaign) == campaign.daily_budget + 500 and not mutates(google)


def test_the_cap_counts_shared_budgets_and_that_google_may_spend_twice(account, google):
    change = make_change(own(account)[0], step=0.1)
    shared = [one for one in google.world.accounts[0].campaigns if one.explicitly_shared]
    fixed = fixed_budgets(account).total
    assert fixed == shared[0].daily_budget // MICROS, "once, however many campaigns share it"
    total = sum(one.daily_budget for one in own(account)) + fixed
    context = context_of(
        change, budget_holders(account, day=NOW.date()), surroundings_of(account, [change], now=NOW), now=NOW
    )
    assert (context.overspend_factor, context.account_total) == (2.0, total + change.after - change.before)
    AccountLimits.objects.update(daily_cap=round(2 * context.account_total) - 1)
    assert execute_changes(account, now=NOW) == {"blocked": 1}
    change.refresh_from_db()
    assert "× 2)" in change.outcome and not mutates(google)


def test_a_budget_of_a_longer_period_is_never_written_and_lets_nothing_be_raised(account, google):
    raised, cut, longer = own(account)
    held = google.world.campaigns[longer.external_id]
    held.daily_budget, held.lifetime_budget = None, 900 * 1_000_000
    for change in (make_change(raised, step=0.1), make_change(cut, step=-0.1), make_change(longer, step=-0.1)):
        assert change.status == "approved"
    assert execute_changes(account, now=NOW) == {"blocked": 1, "applied": 1, "failed": 1}
    assert f"a day of {held.name} may cost" in Change.objects.get(status="blocked").outcome
    assert not mutates(google)[0].body["operations"][1:] and held.daily_budget is None


def test_the_day_may_cost_twice_its_budgets_before_it_is_stopped(account):
    limits, _ = pace_limits(account)
    assert (limits.day_factor, limits.reporting_lag) == (2.0, timedelta(hours=3))
    AccountLimits.objects.update(spend_day_factor=1.5)
    assert pace_limits(account)[0] == replace(limits, day_factor=1.5)


def test_a_runaway_pauses_every_campaign_also_those_that_share_a_budget(account, google):
    def hours(count: int) -> Any:
        for _ in range(count):
            google.advance(hours=1)
            if stop := watch_spend(account, now=google.now()):
                return stop
        return None

    assert hours(4) is None, "shared budgets explain what they spend"
    for unseen in (own(account)[0], Campaign.objects.filter(daily_budget=None).first()):
        unseen.delete()
    google.perform("runaway", {"factor": 30})
    assert hours(3)
    assert {campaign.status for campaign in google.world.accounts[0].campaigns} == {"PAUSED"}
    assert Pause.objects.filter(status="paused").count() == 5


def test_the_market_spends_what_the_new_budget_allows(account, google):
    campaign = own(account)[0]
    ads = [ad.id for ad in google.world.ads.values() if ad.campaign_id == campaign.external_id]

    def spent() -> float:
        return sum(facts.spend for (ad, _), facts in google.world.facts.days.items() if ad in ads)

    def a_day() -> float:
        before = spent()
        google.advance(hours=24)
        return spent() - before

    usual = a_day()
    google.perform("edit", {"id": campaign.external_id, "daily_budget": campaign.daily_budget * MICROS * 3})
    assert 2 < a_day() / usual < 4
