"""People who are interested click and ask in the same days: how much of what follows clicks is interest, and how much the ads'."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import numpy as np
import pytest
from django.db import connection

from attribution.actions.credit.keep_calibration import start_calibration
from attribution.actions.credit.learn_and_match import learn_and_match
from attribution.actions.credit.learn_matching import learn_matching
from attribution.actions.credit.set_matching import set_matching
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.domain.delays import BINS, EDGES, WIDTHS, WINDOW, bins_of
from attribution.domain.hazard import OWN_DEVICE, Conversions, Exposure, learn_hazard, starting_hazard
from attribution.models import Calibration, DealRefresh, Layer, LedgerEntry
from attribution.selectors import cause_test, learnt_matching, matching_rules, unbalanced_deals
from tests.attribution.test_ledger import LEAD_AT, ads, click, deal

__all__ = ["ads"]

PEOPLE, PULL = 300_000, 0.02
SHAPES = {
    "none": lambda rng, n: rng.uniform(-WINDOW, WINDOW, n),
    "a week": lambda rng, n: rng.uniform(0, 7, n) - rng.uniform(0, 7, n),
    "fading": lambda rng, n: rng.exponential(3, n) - rng.exponential(3, n),
    "hours": lambda rng, n: rng.laplace(0, 0.33, n),
    "only after": lambda rng, n: rng.exponential(2, n),
}


def world(shape, *, interested=0.012, seed=3):
    """One click each: leads that it brought, leads by themselves at any time, and leads that interest puts near it."""
    rng = np.random.default_rng(seed)
    brought = rng.binomial(PEOPLE, PULL)
    delay = np.where(rng.random(brought) < 0.4, rng.random(brought) / 100, rng.exponential(7, brought) + 0.02)
    near = SHAPES[shape](rng, rng.binomial(PEOPLE, interested))
    alone = rng.uniform(-WINDOW, WINDOW, rng.binomial(PEOPLE, 0.01))
    lag = np.concatenate([delay, near, alone])
    driven = np.arange(lag.size) < brought
    inside = np.abs(lag) < WINDOW
    lag, driven = lag[inside], driven[inside]
    same = np.zeros(lag.size, int)
    pairs = Conversions(np.arange(lag.size), same, bins_of(np.abs(lag)), same + OWN_DEVICE, lag < 0)
    exposure = Exposure(np.array([float(PEOPLE)]), np.ones((1, BINS)), np.full(BINS, float(PEOPLE)), PEOPLE * WINDOW)
    return pairs, exposure, driven


def chance_by_bin(hazard):
    effect = hazard.pull[0] * hazard.decay[OWN_DEVICE]
    return effect / (effect + hazard.organic_of_click[OWN_DEVICE] + hazard.organic)


@pytest.mark.parametrize("shape", ["none", "a week", "fading", "hours"])
def test_no_click_is_surer_than_it_is_right_and_few_are_much_less_sure(shape):
    pairs, exposure, driven = world(shape)
    said = chance_by_bin(learn_hazard(pairs, exposure))
    for some in (slice(0, 1), slice(1, 3), slice(3, 6), slice(6, 8), slice(8, 10)):
        mine = ~pairs.is_after & np.isin(pairs.delay, np.arange(BINS)[some])
        assert -0.14 < said[pairs.delay[mine]].mean() - driven[mine].mean() < 0.03, EDGES[some]


def test_what_no_click_can_tell_an_experiment_bounds():
    pairs, exposure, driven = world("only after")
    before = ~pairs.is_after
    free = learn_hazard(pairs, exposure)
    bound = learn_hazard(pairs, exposure, most_driven=float(driven.sum()))
    assert 1 - free.organic_share > driven[before].mean() + 0.1, "leads that only follow clicks look like the ads'"
    assert abs(1 - bound.organic_share - driven[before].mean()) < 0.02
    assert abs(chance_by_bin(bound)[pairs.delay[before]].mean() - driven[before].mean()) < 0.05
    assert np.isclose((bound.decay * WIDTHS).sum(), 1)
    assert chance_by_bin(bound)[0] > 0.99, "nobody was bound within the session of a click"


def test_before_anything_was_learnt_a_click_of_yesterday_is_less_sure_than_one_of_this_session():
    chance = chance_by_bin(starting_hazard())
    assert chance[0] > 0.99 > 0.87 > chance[4]


def test_clicks_that_follow_leads_make_clicks_before_them_less_sure(workspace, ads):
    """The same leads and clicks before them; the one workspace's people click as often after their leads."""
    days = np.linspace(0.1, 3, 40)
    leads = [deal("won", deal_id=f"d{n}", anonymous_id=f"v{n}") for n in range(days.size)]
    record_touchpoints(workspace, [click(f"b{n}", days_before=day, anonymous_id=f"v{n}") for n, day in enumerate(days)])
    import_deals(workspace, leads)
    until = LEAD_AT + timedelta(days=20)
    alone = learn_matching(workspace, until=until)
    record_touchpoints(
        workspace, [click(f"a{n}", days_before=-day, anonymous_id=f"v{n}") for n, day in enumerate(days)]
    )
    around = learn_matching(workspace, until=until)
    assert len(around.organic_rate_of_click) == 2 * BINS
    middle = slice(3, 6)
    assert sum(around.organic_rate_of_click[middle]) > 2 * sum(alone.organic_rate_of_click[middle])
    assert Calibration.objects.count() > 1


def test_a_measured_share_bounds_what_is_learnt(workspace, ads):
    record_touchpoints(workspace, [click(n, days_before=0.1 + n / 20, anonymous_id=f"v{n}") for n in range(40)])
    import_deals(workspace, [deal("won", deal_id=f"d{n}", anonymous_id=f"v{n}") for n in range(40)])
    until = LEAD_AT + timedelta(days=20)
    free = learn_matching(workspace, until=until)
    set_matching(workspace, actor="test", now=until, ad_driven_share=0.1, ad_driven_share_source="Holdout")
    bound = learn_matching(workspace, until=until)
    assert bound.mean_pull < 0.5 * free.mean_pull
    test = cause_test(learnt_matching(), matching_rules())
    assert (test.measured, test.source, test.holds) == (0.1, "Holdout", False)
    assert np.isclose(test.explained, free.ad_driven_share) and test.explained > 0.5


def test_deals_of_known_people_are_matched_anew_when_clicks_bring_another_share(workspace, ads):
    record_touchpoints(workspace, [click(n, days_before=0.1 + n / 20, anonymous_id=f"v{n}") for n in range(40)])
    import_deals(workspace, [deal("won", deal_id=f"d{n}", anonymous_id=f"v{n}") for n in range(40)])
    night = LEAD_AT + timedelta(days=20)
    queued = []
    for change in (None, None, {"ad_driven_share": 0.1, "ad_driven_share_source": "Holdout"}, None, "learnt before"):
        if change == "learnt before":
            Calibration.objects.update(ad_driven_share=None)
        elif change:
            set_matching(workspace, actor="test", now=night, **change)
        DealRefresh.objects.all().delete()
        learn_and_match(workspace, now=night)
        queued.append(DealRefresh.objects.count())
    assert queued == [40, 0, 40, 0, 40]
    before = sure()
    refresh_due_deals(workspace, now=night)
    assert sure() < 0.5 * before and unbalanced_deals() == []


def sure():
    """What stands for clicks of known people."""
    credits = LedgerEntry.objects.filter(layer=Layer.DETERMINISTIC).values_list("credit", flat=True)
    return float(sum(credits))


def test_versions_learnt_before_keep_their_rates_at_every_delay(workspace):
    start_calibration(workspace)
    Calibration.objects.update(organic_rate_of_click=[0.25, 0.5])
    with connection.cursor() as cursor:
        cursor.execute(import_module("attribution.migrations.0007_interest_by_delay").WIDEN)
    assert Calibration.objects.get().organic_rate_of_click == [0.25] * BINS + [0.5] * BINS
