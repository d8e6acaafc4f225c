"""What the engine learns of an account's budgets, and the plans that come of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import exp

import numpy as np
import pytest
from django.core.exceptions import ValidationError

from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.domain.outcomes import AdDayOutcomes
from attribution.selectors import ad_day_outcomes, revenue_events
from learning.actions.turn_cycle import turn_cycle
from learning.loops.portfolio_update import by_holder
from sampler.actions.propose_plan import answered
from sampler.actions.set_limits import set_limits
from sampler.actions.write_boosts import write_boosts
from sampler.domain.boosts import SIMILAR_WINNER, Boost
from sampler.domain.frequency_lately import impressions_a_head
from sampler.models import AccountLimits, Change, Plan, PortfolioState
from sampler.selectors import HolderOfAd, latest_portfolio
from sampler.selectors.boosts import boosts_of
from sampler.selectors.guard import rules_of
from sampler.selectors.questions import asked
from stratum.core.models import Ad, AdAccount, AdDay, AdSet, Campaign
from stratum.core.periods import Period
from tests.attribution.test_ledger import ads, click, deal  # noqa: F401
from tests.learning.test_turn_cycle import imported  # noqa: F401
from tests.sampler.conftest import NOW

LAST = date(2017, 6, 9)


def turn(workspace, seed=3):
    """An hour after the last one."""
    turn_cycle(workspace, until=None, now=NOW + timedelta(hours=Plan.objects.count()), rng_seed=seed)
    return Plan.objects.order_by("-id").first()


def test_budgets_follow_learnt_curves_and_say_so(imported, workspace):  # noqa: F811
    plan = turn(workspace)
    state = PortfolioState.objects.get()
    assert (plan.policy, plan.portfolio) == ("portfolio", state.digest)
    assert (state.as_of_date, state.holders, state.events) == (LAST, 3, 40 * (4 + 7 + 10))
    best, worst = (Change.objects.get(ad_set__external_id=name) for name in ("s2", "s0"))
    assert best.after == 12_000
    assert worst.after < 10_000
    assert [reason["signal"] for reason in best.reasons][:4] == ["next unit", "return", "certainty", "evidence"]
    assert best.curve["elasticity"] > 0
    assert best.curve["expected"] == pytest.approx(500, rel=0.15), "what a day of 100 brought"
    assert best.low < 500 * 1.2 ** best.curve["elasticity"] / 120 < best.high


def test_the_same_days_teach_the_same_bit_for_bit(imported, workspace):  # noqa: F811
    first = turn(workspace)
    PortfolioState.objects.all().delete()
    again = turn(workspace)
    assert (again.portfolio, again.inputs_hash) == (first.portfolio, first.inputs_hash)
    assert turn(workspace, seed=4).inputs_hash != first.inputs_hash


def test_a_restated_day_is_as_if_it_had_always_been_so(imported, workspace):  # noqa: F811
    before = turn(workspace).portfolio
    AdDay.objects.filter(day=date(2017, 5, 20)).update(clicks=100)
    assert turn(workspace).portfolio != before
    AdDay.objects.filter(day=date(2017, 5, 20)).update(clicks=200)
    assert turn(workspace).portfolio == before


def shown_to(audience, *, tiring):
    """The same days, impressions spread at random over so many people in each ad set, whose clicks fall as they have seen it often."""
    for ad in Ad.objects.all():
        seen = 0.0
        for row in AdDay.objects.filter(ad=ad).order_by("day"):
            seen = seen * 0.5 ** (1 / 20) + row.impressions
            row.reach = round(audience * (1 - exp(-row.impressions / audience)))
            row.clicks = round(200 * exp(-tiring * seen / audience))
            row.save()


def test_an_audience_that_has_seen_it_often_is_a_reason_against_a_budget(imported, workspace):  # noqa: F811
    fresh = turn(workspace).portfolio
    assert not reasons() & {"fatigue", "later clicks"}, "nobody told how many people were reached"
    shown_to(100_000, tiring=0.1)
    plan = turn(workspace)
    _, engine = latest_portfolio(imported)
    assert reasons() >= {"fatigue", "later clicks"}
    days = AdDay.objects.count() // 3
    lately = 0.2 * (1 - 0.5 ** (days / 20)) / (1 - 0.5 ** (1 / 20))
    assert engine.state()["now.ads.frequency"] == pytest.approx([lately] * 3, rel=0.01)
    PortfolioState.objects.all().delete()
    assert turn(workspace).portfolio == plan.portfolio != fresh
    AdDay.objects.update(reach=None, clicks=200)
    assert turn(workspace).portfolio == fresh


def test_a_budget_is_as_worn_as_what_it_shows():
    """One ad that people saw again, one that nobody saw twice, and one that nobody tells of, alone on the second day."""
    shown, impressions = np.array([1, 2, 3, 3]), np.array([1_000, 3_000, 9_000, 500])
    frequency, none = np.array([1.5, 1.0, np.nan, np.nan]), np.zeros(4)
    outcomes = AdDayOutcomes(shown, np.array([1, 1, 1, 2]), none + 5, impressions, none, frequency, none, none)
    days = by_holder(outcomes, dict.fromkeys((1, 2, 3), HolderOfAd(8, 1)))
    assert days.impressions.tolist() == [13_000, 500]
    assert days.frequency == pytest.approx([impressions_a_head(1.5) / 4, 0])


def reasons():
    changes = Change.objects.filter(plan=Plan.objects.order_by("-id").first())
    return {reason["signal"] for change in changes for reason in change.reasons}


def test_the_blended_score_can_be_chosen_instead(imported, workspace):  # noqa: F811
    AccountLimits.objects.update(policy="blended")
    plan = turn(workspace)
    assert (plan.policy, plan.portfolio) == ("blended", "")
    assert Change.objects.filter(plan=plan, curve__isnull=True).count() == Change.objects.count() > 0


def test_the_temperature_is_the_accounts_and_needs_no_learning_anew(imported, workspace):  # noqa: F811
    plans = []
    for temperature in (0.1, 1.0, 0.0):
        set_limits(imported, actor="test", temperature=temperature)
        plans.append(turn(workspace))
        assert {one["temperature"] for one in plans[-1].inputs["holders"]} == {temperature}
    usual, warm, cold = ([one["spread"] for one in plan.inputs["holders"]] for plan in plans)
    assert warm == pytest.approx([10 * spread for spread in usual])
    assert cold == [0, 0, 0]
    assert PortfolioState.objects.count() == 1
    with pytest.raises(ValidationError, match="temperature"):
        set_limits(imported, actor="test", temperature=2.5)


def test_a_lead_is_an_event_on_its_own_day_worth_what_stands_now(workspace, ads):  # noqa: F811
    record_touchpoints(workspace, [click(1, days_before=5, anonymous_id="x")])
    import_deals(workspace, [deal("won", anonymous_id="x", amount=80)])
    import_deals(workspace, [deal("won", anonymous_id="x", amount=200, updated_at=datetime(2026, 11, 1, tzinfo=UTC))])
    period = Period(date(2026, 1, 1), date(2026, 12, 31))
    events = revenue_events(ad_day_outcomes(period), period)
    assert len(events.value) == 1
    assert events.lead_day[0] - events.click_day[0] == 5
    assert 0 < events.value[0] <= 200


def test_a_day_that_is_not_over_is_not_learnt_from(account, workspace):
    turn_cycle(workspace, until=None, now=NOW, rng_seed=3)
    assert PortfolioState.objects.get().as_of_date == NOW.date() - timedelta(days=1)


@pytest.fixture
def newcomer(imported):  # noqa: F811
    """An ad that spent for a day and sold nothing yet."""
    owned = {"workspace": imported.workspace, "account": imported}
    ad_set = AdSet.objects.create(**owned, external_id="new", name="New", campaign=Campaign.objects.get())
    ad = Ad.objects.create(**owned, external_id="new", name="New", ad_set=ad_set)
    AdDay.objects.create(
        workspace=imported.workspace, ad=ad, day=LAST, spend=50, impressions=9_000, clicks=90, conversions=0, conversion_value=0, reported_at=NOW
    )  # fmt: skip
    return ad


def boosted(workspace):
    """What a plan tells of the newcomer's budget, and what it says of boosts."""
    AccountLimits.objects.update(learning_days=0)
    turn(workspace)
    question = asked(AdAccount.objects.get(), day=LAST)
    split, _ = answered(question, seed=3)
    part = split.parts[[holder.external_id for holder in question.holders].index("new")]
    return part, [reason.sentence for reason in part.because if reason.signal == "boost"]


def test_a_boost_raises_a_new_ads_promise_and_says_why(newcomer, workspace):
    plain, told = boosted(workspace)
    assert told == []
    write_boosts(SIMILAR_WINNER, [Boost(newcomer.pk, SIMILAR_WINNER, 1.3, "Looks like “Ad 2”.")], now=NOW)
    raised, told = boosted(workspace)
    assert raised.curve["expected"] > 1.15 * plain.curve["expected"]
    assert "Looks like “Ad 2”." in told[0]
    AccountLimits.objects.update(use_similar_winners=False)
    again, told = boosted(workspace)
    assert (again.curve["expected"], told) == (pytest.approx(plain.curve["expected"]), [])


def test_boosts_are_replaced_kind_by_kind_and_refused_whole(newcomer):
    write_boosts(SIMILAR_WINNER, [Boost(newcomer.pk, SIMILAR_WINNER, 1.3, "Looks like a winner.")], now=NOW)
    with pytest.raises(ValueError, match="not in this workspace"):
        write_boosts(SIMILAR_WINNER, [Boost(10**9, SIMILAR_WINNER, 1.1, "Somebody else's.")], now=NOW)
    assert boosts_of(rules_of(newcomer.account), [newcomer.pk])[newcomer.pk][0].factor == 1.3
    assert write_boosts(SIMILAR_WINNER, [], now=NOW) == 0
    assert boosts_of(rules_of(newcomer.account), [newcomer.pk]) == {}


def test_a_new_budget_is_not_cut_before_it_was_learnt_and_says_until_when(newcomer, workspace):
    """A click rate and returns far below the others', so that it would be cut by a whole step."""
    AdDay.objects.filter(ad=newcomer).update(clicks=3)

    def planned():
        turn(workspace)
        change = Change.objects.filter(ad_set=newcomer.ad_set, plan=Plan.objects.order_by("-id").first()).first()
        told = [reason["sentence"] for reason in change.reasons if reason["signal"] == "learning"] if change else []
        return (change.after if change else 5_000), told

    assert planned() == (5_000, [])
    plan = Plan.objects.get()
    assert plan.total == sum(one["after"] for one in plan.inputs["holders"]) == 35_000
    assert "New budgets that are not cut before they were learnt: 1." in plan.basis
    AccountLimits.objects.update(learning_days=0)
    assert planned() == (3_500, [])
    AccountLimits.objects.update(learning_days=3)
    question = asked(newcomer.account, day=LAST, total=25_000)
    split, _ = answered(question, seed=3)
    assert sum(split.after) == 25_000
    assert "The total is too small for that with 1 more." in split.basis
    at = [holder.external_id for holder in question.holders].index("new")
    told = next(reason.sentence for reason in split.parts[at].because if reason.signal == "learning")
    assert split.after[at] < 5_000
    assert "not cut before June 12, or until" in told and "it is cut all the same" in told


@pytest.mark.parametrize("policy", ["portfolio", "blended"])
def test_blurred_budgets_keep_the_total_and_the_steps(imported, workspace, policy):  # noqa: F811
    AccountLimits.objects.update(policy=policy)
    plain = turn(workspace)
    AccountLimits.objects.update(jitter=0.05)
    blurred = turn(workspace)
    assert blurred.total == plain.total
    assert [one["after"] for one in blurred.inputs["holders"]] != [one["after"] for one in plain.inputs["holders"]]
    assert all(0.7 <= one["after"] / one["budget"] <= 1.2 for one in blurred.inputs["holders"])
