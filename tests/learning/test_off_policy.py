"""What another temperature would have returned, from plans of a real account whose revenue hangs on their draws in a known way."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from learning.actions.turn_cycle import turn_cycle
from sampler.actions.propose_plan import propose_plan
from sampler.domain.draw_weights import log_weight, told_ratios
from sampler.models import AccountLimits, Plan
from sampler.selectors.off_policy import NothingLogged, evaluate_temperature
from stratum.core.models import Ad, AdAccount, AdDay, AdSet, Campaign
from tests.learning.test_turn_cycle import imported  # noqa: F401
from tests.sampler.conftest import NOW

LAST = date(2017, 6, 9)
LOGGED, DAYS = 0.1, 240


@pytest.fixture
def live(imported):  # noqa: F811
    """The account from a file as if it were live, with forty days learnt."""
    for model in (Campaign, AdSet, Ad):
        model.objects.update(status="ACTIVE")
    AdSet.objects.update(daily_budget=10_000)
    AdAccount.objects.update(platform="meta", insights_pulled_at=NOW)
    imported.refresh_from_db()
    turn_cycle(imported.workspace, until=LAST, now=NOW, rng_seed=1)
    Plan.objects.all().delete()
    return imported


def a_planned_day(account, number):
    """A plan, and what its day brought: 50, and 10 times the square of the first budget's draw."""
    day = LAST + timedelta(days=1 + number)
    plan = propose_plan(account, day=day, now=NOW, seed=1_000 + number)
    draw = plan.inputs["holders"][0]["draw"]
    AdDay.objects.create(
        workspace=account.workspace,
        day=day,
        ad=Ad.objects.order_by("id").first(),
        reported_at=NOW,
        spend=100,
        impressions=20_000,
        clicks=200,
        conversions=4,
        conversion_value=Decimal(str(round(50 + 10 * draw**2, 4))),
    )
    return plan


def said(workspace, *more):
    out = StringIO()
    call_command("evaluate_policy", "--workspace", workspace.name, *more, stdout=out)
    return out.getvalue()


def test_logged_draws_tell_what_a_cooler_sampler_would_have_earned(live, workspace):
    with pytest.raises(NothingLogged):
        evaluate_temperature(0.07, now=NOW)
    plans = [a_planned_day(live, number) for number in range(12)]
    few = said(workspace, "--temperature", "0.07")
    assert "12 account-days" in few and "tell of no other temperature" in few and "Not ranked: the log is worth" in few

    plans += [a_planned_day(live, number) for number in range(12, DAYS)]
    ratio, spread = 0.7, np.array([plan.inputs["holders"][0]["spread"] for plan in plans])
    true = 50 + 10 * (ratio**2 + (spread * (1 - ratio**2) / 2) ** 2).mean()
    found = evaluate_temperature(ratio * LOGGED, now=NOW)
    assert (found.plans, found.draws, found.silent) == (DAYS, 3 * DAYS, 0)
    # Draws belong to the budgets' ids, which other tests shift: nearer than four standard errors, not inside two.
    assert abs(found.other.value - true) < found.other.high - found.other.low
    assert found.other.high - found.other.low < 8
    assert found.verdict.answer == "worse"
    assert found.told[0] < ratio < 1 < found.told[1]
    assert "It would have earned less." in said(workspace, "--temperature", "0.07")

    same = evaluate_temperature(LOGGED, now=NOW)
    assert same.other.value == pytest.approx(same.earned.value)
    assert same.verdict.support.effective == pytest.approx(DAYS)

    AccountLimits.objects.update(policy="blended")
    propose_plan(live, day=LAST, now=NOW, seed=5)
    Plan.objects.filter(pk=plans[0].pk).update(inputs={"holders": [{"draw": 1.0, "spread": 0.1, "ad_ids": []}]})
    later = evaluate_temperature(0.07, now=datetime.combine(plans[-1].day, NOW.timetz()))
    assert (later.plans, later.silent) == (DAYS - 2, 1), "neither today's, nor one without its temperature, nor blended"

    AdAccount.objects.update(platform="import")
    with pytest.raises(NothingLogged):
        evaluate_temperature(0.07, now=NOW)


def test_what_logged_draws_cannot_tell_is_refused(live, workspace):
    a_planned_day(live, 0)
    for asked, why in (
        (("--temperature", "0"), "draws nothing"),
        (("--temperature", "-1"), "draws nothing"),
        (("--temperature", "0.2"), "no finite variance"),
        (("--policy", "blended"), "blended score cannot be judged"),
    ):
        with pytest.raises(CommandError, match=why):
            said(workspace, *asked)


def test_a_weight_is_the_ratio_of_the_two_densities():
    """Against the mean of a function of the log return, drawn at the other temperature."""
    rng = np.random.default_rng(2)
    spread, ratio, draws = 0.4, 0.8, rng.standard_normal(200_000)
    weight = np.exp([log_weight([draw], [spread], ratio) for draw in draws[:20_000]])
    drawn = spread * draws[:20_000] - spread**2 / 2
    other = ratio * spread * draws - (ratio * spread) ** 2 / 2
    assert weight.mean() == pytest.approx(1, abs=0.02)
    for of in (np.exp, np.square, np.cos):
        assert (weight * of(drawn)).mean() == pytest.approx(of(other).mean(), abs=0.01)
    with pytest.raises(ValueError, match=r"spread\[1\] is not above zero"):
        log_weight([1.0, 1.0], [0.1, 0.0], 0.5)
    with pytest.raises(ValueError, match="ratio"):
        log_weight([1.0], [0.1], 0.0)


def test_the_more_draws_decide_a_day_the_nearer_a_temperature_has_to_be():
    few, many = (told_ratios([draws] * 365, 100) for draws in (3, 40))
    assert few[0] < many[0] < 1 < many[1] < few[1]
    assert many[0] == pytest.approx(0.88, abs=0.02)
    assert told_ratios([3] * 99, 100) is None
    drawn = np.random.default_rng(1).standard_normal((2_000, 3))
    weight = np.exp([log_weight(row, np.full(3, 0.2), 0.7) for row in drawn])
    assert weight.sum() ** 2 / (weight**2).sum() == pytest.approx(2_000 * 0.635, rel=0.08)
