"""What the engine learns of an account's budgets, and the plans that come of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.selectors import ad_day_outcomes, revenue_events
from learning.actions.turn_cycle import turn_cycle
from sampler.models import AccountLimits, Change, Plan, PortfolioState
from stratum.core.models import AdDay
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


def test_the_blended_score_can_be_chosen_instead(imported, workspace):  # noqa: F811
    AccountLimits.objects.update(policy="blended")
    plan = turn(workspace)
    assert (plan.policy, plan.portfolio) == ("blended", "")
    assert Change.objects.filter(plan=plan, curve__isnull=True).count() == Change.objects.count() > 0


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
