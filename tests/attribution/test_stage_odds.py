"""What a stage is worth is learnt from what became of the deals that were in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from attribution.actions.crm.learn_stages import learn_stages
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.crm.store_crm_deals import store_crm_deals
from attribution.domain.stage_odds import ENOUGH, Visit, learn_odds, odds_in_force
from attribution.models import Deal, DealRefresh, LedgerEntry, PipelineStage, StageChange
from attribution.selectors import stage_probabilities
from stratum.platforms.hubspot_objects import CrmDeal, CrmStage, Then

START = datetime(2026, 9, 1, 12, tzinfo=UTC)
WON, LOST, OPEN = (True, True), (True, False), (False, False)


def visits(*told):
    return [Visit(days, *outcome) for outcome, days, count in told for _ in range(count)]


@pytest.mark.parametrize(
    ("told", "configured", "learnt", "closed"),
    [
        ([], "0.4", "0.4", 0),
        ([(OPEN, 30, 500)], "0.4", "0.4", 0),  # nobody closed: nothing is known
        ([(WON, 5, 10)], "0.4", "0.7", 10),  # ten deals weigh as much as the CRM's word
        ([(LOST, 5, 10)], "0.4", "0.2", 10),
        ([(WON, 5, 25), (LOST, 5, 75)], "0.4", "0.2636", 100),
        ([(WON, 5, 25), (LOST, 5, 75), (OPEN, 1, 300)], "0.4", "0.2636", 100),  # too young to tell
        ([(WON, 5, 50), (LOST, 9, 50), (OPEN, 7, 50)], "0.5", "0.3485", 100),  # open past every win: closings are losses
        ([(WON, 5, 50), (LOST, 5, 50), (OPEN, 90, 100)], "0.2", "0.3364", 100),  # half never close: those keep the CRM's word
    ],
)  # fmt: skip
def test_the_share_won_is_shrunk_toward_what_the_crm_is_set_to(told, configured, learnt, closed):
    odds = learn_odds(visits(*told), Decimal(configured))
    assert (float(odds.probability), odds.closed) == (pytest.approx(float(learnt), abs=0.0001), closed)


@given(
    st.lists(st.tuples(st.sampled_from([WON, LOST, OPEN]), st.floats(0, 400)), max_size=60),
    st.decimals(0, 1, places=4),
)
def test_a_probability_is_one_whatever_happened(told, configured):
    odds = learn_odds([Visit(days, *outcome) for outcome, days in told], configured)
    assert 0 <= odds.probability <= 1
    assert odds.closed + odds.still_open == len(told)


def test_young_pipelines_are_not_misjudged_by_the_outcome_that_comes_sooner():
    """30 % are won, after 40 days on average; the others are lost after 10. Deals came evenly over the last 120 days."""
    rng = np.random.default_rng(4)
    won = rng.random(20_000) < 0.30
    until = np.where(won, rng.exponential(40, 20_000), rng.exponential(10, 20_000))
    age = rng.uniform(0, 120, 20_000)
    seen = [Visit(float(min(u, a)), bool(u <= a), bool(u <= a and w)) for u, a, w in zip(until, age, won, strict=True)]
    closed_only = sum(v.is_won for v in seen) / sum(v.is_closed for v in seen)
    learnt = float(learn_odds(seen, Decimal("0.30")).probability)
    assert closed_only < 0.25
    assert learnt == pytest.approx(won.mean(), abs=0.02)


def test_few_deals_do_not_overrule_the_crm():
    assert odds_in_force(Decimal("0.4"), Decimal("0.2"), ENOUGH - 1) == Decimal("0.4")
    assert odds_in_force(Decimal("0.4"), Decimal("0.2"), ENOUGH) == Decimal("0.2")
    assert odds_in_force(Decimal("0.4"), None, 99) == Decimal("0.4")


STAGES = {
    ("p", "first"): CrmStage("p", "first", "First", Decimal("0.2"), False),
    ("p", "talks"): CrmStage("p", "talks", "Talks", Decimal("0.6"), False),
    ("p", "won"): CrmStage("p", "won", "Won", Decimal(1), True),
    ("p", "lost"): CrmStage("p", "lost", "Lost", Decimal(0), True),
}


def told(number, *stages):
    """A deal that entered these stages, a day after each other."""
    history = tuple(Then(stage, START + timedelta(days=n)) for n, stage in enumerate(stages))
    properties = {
        "pipeline": "p",
        "dealstage": stages[-1],
        "amount": "1000",
        "createdate": START.isoformat(),
        "hs_lastmodifieddate": history[-1].at.isoformat(),
    }
    return CrmDeal(str(number), properties, history={"dealstage": history})


@pytest.fixture
def history(workspace, portal):
    """40 deals reached the talks and 10 of them were won; 20 were lost before; one is in the talks now."""
    for stage in STAGES.values():
        PipelineStage.objects.create(
            workspace=workspace,
            connection=portal,
            **{name: getattr(stage, name) for name in ("pipeline_id", "stage_id", "label", "probability", "is_closed")},
        )
    ends = [("first", "talks", "won")] * 10 + [("first", "talks", "lost")] * 30 + [("first", "lost")] * 20
    with transaction.atomic():
        deals = [told(number, *stages) for number, stages in enumerate([*ends, ("first", "talks")])]
        store_crm_deals(workspace, portal, deals, STAGES)
    return portal


def test_learnt_probabilities_stand_beside_the_crms_and_value_deals_that_nobody_touched(workspace, history):
    deal, at = Deal.objects.get(is_closed=False), START + timedelta(days=90)
    assert (deal.value, StageChange.objects.count()) == (60_000, 162)
    assert learn_stages(history, now=at) == 2
    rows = {
        row.label: (row.configured, row.learnt, row.learnt_from, row.won, row.is_learnt)
        for row in stage_probabilities()
    }
    assert rows["First"] == (Decimal("0.2"), Decimal("0.1719"), 60, 10, True)
    assert rows["Talks"] == (Decimal("0.6"), Decimal("0.3268"), 40, 10, True)
    refresh_due_deals(workspace, now=at)
    deal.refresh_from_db()
    assert (deal.value, deal.updated_at) == (32_680, START + timedelta(days=1))
    line = LedgerEntry.objects.get(deal=deal)
    assert (line.reason, line.amount, line.booked_date) == ("Talks is valued anew", 32_680, at.date())
    assert learn_stages(history, now=at) == 0
    assert not DealRefresh.objects.exists()


def test_a_reopened_deal_is_open_again_and_a_removed_one_tells_nothing(workspace, history):
    won = Deal.objects.filter(is_won=True).order_by("id")
    back = told(won[0].external_id, "first", "talks", "won", "talks")
    with transaction.atomic():
        store_crm_deals(workspace, history, [back], STAGES)
        Deal.objects.filter(pk=won[1].pk).update(removed_at=START)
    learn_stages(history, now=START + timedelta(days=90))
    talks = PipelineStage.objects.get(stage_id="talks")
    assert (talks.learnt_from, talks.learnt_won, talks.still_open) == (38, 8, 2)


def test_a_night_without_news_moves_nothing(workspace, history):
    learn_stages(history, now=START + timedelta(days=90))
    learnt = PipelineStage.objects.get(stage_id="talks").learnt_probability
    crm = told(999, "first", "talks", "lost")
    with transaction.atomic():
        store_crm_deals(workspace, history, [crm], STAGES)
    assert learn_stages(history, now=START + timedelta(days=91)) == 0
    talks = PipelineStage.objects.get(stage_id="talks")
    assert (talks.learnt_probability, talks.learnt_from) == (learnt, 41)
