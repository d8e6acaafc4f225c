"""Accounts that a workspace joined: learnt as one, their total shared by what the next unit returns, raises paid for by cuts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from learning.actions.turn_cycle import turn_cycle
from sampler.actions.execute_changes import execute_changes
from sampler.actions.propose_plan import propose_plan
from sampler.actions.roll_back_plan import roll_back_plan
from sampler.actions.share_total import share_total
from sampler.actions.split_by_portfolio import planned_together
from sampler.models import AccountLimits, Change, Plan, PortfolioState
from sampler.selectors import budget_holders, latest_portfolio
from sampler.selectors.plan_room import Room, room_of
from sampler.selectors.questions import asked
from sampler.selectors.standing_total import standing_total
from stratum.core.models import Ad, AdAccount, AdDay, AdSet, Campaign, Workspace
from tests.sampler.conftest import NOW, let_it_act, make_change, own_budgets, standing

TODAY = NOW.date()
LATER = NOW + timedelta(hours=6)
BUDGET = 10_000


@pytest.fixture
def shops(workspace):
    """An account at Meta and one at Google, three budgets of 100 a day each; the second returns five times as much. Nothing is ever sent for them."""
    workspace.revenue_source = Workspace.RevenueSource.PLATFORM
    workspace.save()
    return [shop(workspace, "North", "meta", sales=2), shop(workspace, "South", "google", sales=10)]


def shop(workspace, name, platform, *, sales):
    owned = {"workspace": workspace}
    account = AdAccount.objects.create(
        **owned, platform=platform, external_id=name, name=name, currency="USD", is_joined=True, insights_pulled_at=NOW
    )
    AccountLimits.objects.create(**owned, account=account, daily_cap=10_000_000)
    owned["account"] = account
    campaign = Campaign.objects.create(**owned, external_id="c", name="c")
    figures = {"spend": 100, "impressions": 20_000, "clicks": 200, "conversions": sales, "conversion_value": 50 * sales}
    for i in range(3):
        ad_set = AdSet.objects.create(**owned, external_id=f"s{i}", name=f"{i}", campaign=campaign, daily_budget=BUDGET)
        ad = Ad.objects.create(**owned, external_id=f"a{i}", name=f"{i}", ad_set=ad_set)
        days = [TODAY - timedelta(days=n) for n in range(1, 41)]
        AdDay.objects.bulk_create([AdDay(workspace=workspace, day=d, ad=ad, reported_at=NOW, **figures) for d in days])
    return account


def turn(workspace, **more):
    return turn_cycle(workspace, until=None, now=NOW, rng_seed=3, **more)


def test_money_moves_to_the_account_where_it_returns_more_and_says_so(shops, workspace):
    turn(workspace)
    north, south = (Plan.objects.get(account=account) for account in shops)
    assert PortfolioState.objects.get().scope == "joined"
    assert north.total + south.total == 6 * BUDGET
    assert south.total == 3 * BUDGET * 1.2, "as far as its steps allow"
    assert "60.00 USD a day go from here to there" in north.basis
    assert "Planned together with North: 60.00 USD a day come here" in south.basis


def test_an_accounts_own_plan_is_its_part_of_the_joint_one(shops, workspace):
    AccountLimits.objects.update(step_up=1.0, step_down=1.0)
    AccountLimits.objects.filter(account=shops[1]).update(temperature=1.5)
    turn(workspace)
    questions = [asked(account, day=TODAY, together=True) for account in shops]
    total = sum(question.total for question in questions) / 100
    joint = planned_together(latest_portfolio(shops[0])[1], questions, total, seed=3)
    planned = [one["after"] for account in shops for one in Plan.objects.get(account=account).inputs["holders"]]
    assert planned == pytest.approx((100 * joint.budget).tolist(), abs=1.5)


def test_without_being_joined_each_platform_keeps_to_itself(shops, workspace):
    AdAccount.objects.filter(pk=shops[0].pk).update(is_joined=False)
    turn(workspace)
    assert sorted(PortfolioState.objects.values_list("scope", flat=True)) == ["joined", "meta"]
    assert set(Plan.objects.values_list("total", flat=True)) == {3 * BUDGET}


def test_who_turns_alone_moves_no_money_elsewhere(shops, workspace):
    turn(workspace, only=[shops[1].pk])
    assert Plan.objects.get().total == 3 * BUDGET


@pytest.mark.parametrize(
    ("limits", "total"),
    [
        ({"daily_cap": 66_000}, 33_000),  # 330 × the 2 that Google allows itself
        ({"daily_cap": None}, 30_000),
        ({"policy": "blended"}, 30_000),
        ({"step_up": 0.05}, 31_500),
    ],
)
def test_an_account_gets_no_more_than_its_own_limits_allow(shops, workspace, limits, total):
    AccountLimits.objects.filter(account=shops[1]).update(**limits)
    turn(workspace)
    north, south = (Plan.objects.get(account=account).total for account in shops)
    assert (north, south) == (60_000 - total, total)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.integers(500, 900_000), min_size=6, max_size=6),
    st.lists(st.integers(0, 4_000_000) | st.none(), min_size=2, max_size=2),
    st.floats(0, 2),
    st.integers(0, 2**31),
)
def test_not_a_cent_leaves_or_joins_the_sum(shops, workspace, budgets, caps, step, seed):
    if not PortfolioState.objects.exists():
        turn(workspace)
    Plan.objects.all().delete()
    Change.objects.all().delete()
    for ad_set, budget in zip(AdSet.objects.order_by("id"), budgets, strict=True):
        AdSet.objects.filter(pk=ad_set.pk).update(daily_budget=budget)
    for account, cap in zip(shops, caps, strict=True):
        AccountLimits.objects.filter(account=account).update(daily_cap=cap, step_up=step, step_down=min(step, 1))
    shares = share_total([(account, TODAY) for account in shops], now=NOW, seed=seed)
    had = {account.pk: sum(budgets[3 * n : 3 * n + 3]) for n, account in enumerate(shops)}
    assert sum(share.total for share in shares.values()) == sum(had.values())
    for account, cap, factor in zip(shops, caps, (1.25, 2), strict=True):
        assert shares[account.pk].total <= max((cap or 0) / factor, had[account.pk])


@pytest.fixture
def payer(shops, account):
    """North, joined with the account that the platform has."""
    AdAccount.objects.filter(pk=shops[1].pk).update(is_joined=False)
    account.is_joined = True
    account.save()
    let_it_act(account)
    return shops[0]


def planned(account, by):
    """An approved change of the account's first budget, of a plan that gives the account so much more or less."""
    holders = [vars(holder) | {"after": holder.budget} for holder in budget_holders(account, day=TODAY)]
    holders[0]["after"] += by
    joined = list(AdAccount.objects.filter(is_joined=True).values_list("id", flat=True))
    plan = Plan.objects.create(
        workspace=account.workspace, account=account, day=TODAY, seed=1, currency="USD", created_at=NOW, inputs={"holders": holders}, together=joined,
        total=sum(one["after"] for one in holders), expected=1, low=1, high=1,
    )  # fmt: skip
    first = own_budgets(account)[0]
    return make_change(first, after=first.daily_budget + by, plan=plan)


def test_a_raise_waits_until_the_cut_that_pays_for_it_stands(payer, account, platform):
    """What one account gives is not spent by the other before it is saved."""
    raised, cut = planned(account, by=600), planned(payer, by=-1_000)
    assert execute_changes(account, now=NOW) == {"approved": 1}
    raised.refresh_from_db()
    assert "Waits for the cuts" in raised.outcome
    assert standing(platform, raised.target) == raised.before
    Change.objects.filter(pk=cut.pk).update(status="applied", applied_at=NOW)
    assert execute_changes(account, now=NOW) == {"applied": 1}
    assert standing(platform, raised.target) == raised.after


def test_a_raise_whose_cut_will_not_come_is_not_sent(payer, account, platform):
    raised, cut = planned(account, by=600), planned(payer, by=-600)
    Change.objects.filter(pk=cut.pk).update(status="rejected")
    assert execute_changes(account, now=NOW) == {"blocked": 1}
    raised.refresh_from_db()
    assert "did not come about" in raised.outcome
    assert standing(platform, raised.target) == raised.before


@pytest.mark.parametrize("payer_leaves", [True, False])
def test_a_raise_waits_for_its_cut_whoever_leaves_meanwhile(payer, account, platform, payer_leaves):
    """Who pays for whom was settled when the plans were made."""
    raised, cut = planned(account, by=600), planned(payer, by=-600)
    Change.objects.filter(pk=cut.pk).update(status="waiting")
    AdAccount.objects.filter(pk=(payer if payer_leaves else account).pk).update(is_joined=False)
    execute_changes(account, now=NOW)
    raised.refresh_from_db()
    assert raised.status == "approved"
    assert standing(platform, raised.target) == raised.before


@pytest.mark.parametrize("stays", [True, False])
def test_a_share_that_nobody_paid_for_is_not_spent_later(shops, workspace, stays):
    """The cuts in the one account were rejected. Planned by itself, the other places what it has; planned together, the sum is still shared."""
    turn(workspace)
    north, south = shops
    assert Plan.objects.get(account=south).total == 1.2 * 3 * BUDGET
    Change.objects.filter(account=north).update(status="rejected")
    Change.objects.filter(account=south).update(status="blocked")
    AdAccount.objects.update(insights_pulled_at=LATER, is_joined=stays)
    south.refresh_from_db()
    for minutes in (0, 1):
        assert propose_plan(south, day=TODAY, now=LATER + timedelta(minutes=minutes), seed=4).total == 3 * BUDGET
    if stays:
        assert sum(asked(account, day=TODAY, together=True).total for account in shops) == 6 * BUDGET


def test_a_total_that_a_person_sets_ends_a_share(shops, workspace):
    turn(workspace)
    south = shops[1]
    Change.objects.update(status="rejected")
    plan = propose_plan(south, day=TODAY, now=LATER, seed=4, total=33_000)
    Change.objects.filter(plan=plan).update(status="approved")
    assert standing_total(south, budget_holders(south, day=TODAY)).total == 33_000


def test_what_went_to_another_account_does_not_come_back_to_one_alone(shops, workspace):
    """Both plans taken back pay for each other; one alone would spend what the other still has."""
    AccountLimits.objects.update(autonomy="act_within_limits")
    turn(workspace)
    for change in Change.objects.all():
        AdSet.objects.filter(pk=change.ad_set_id).update(daily_budget=change.after)
    Change.objects.update(status="applied", applied_at=NOW)
    north, south = (
        roll_back_plan(plan.pk, by="ada@example.com", verbs={"decide"}, now=LATER).plan
        for plan in Plan.objects.filter(account__in=shops).order_by("account_id")
    )
    assert room_of(north, apart_from=()) == Room(0, 6_000)
    Change.objects.filter(plan=south).delete()
    assert room_of(north, apart_from=()) == Room(0, 0)
