"""Many rounds with a bad line to the platform: what must hold whatever goes wrong."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import timedelta

import numpy as np

from sampler.actions.execute_changes import execute_changes
from sampler.actions.inspect_changes import inspect_changes
from sampler.actions.propose_plan import propose_plan
from sampler.actions.resolve_unknowns import resolve_unknowns
from sampler.actions.write_beliefs import write_beliefs
from sampler.domain import states
from sampler.domain.belief import Belief, Outcome
from sampler.models import AccountLimits, Change
from stratum.core.models import Ad, AdAccount, AdSet
from tests.sampler.conftest import NOW, batches_sent, let_it_act, own_budgets, standing

ROUNDS = 24
FAULTS = ("batch_null_applied", "batch_null_lost", "item_html_500")


def believe(account, rng, now):
    day = now.date().toordinal()
    for_each = {
        pk: Belief(day).updated(day, Outcome(50_000, 900, 600.0, float(sales), 60.0 * sales))
        for pk, sales in zip(
            Ad.objects.filter(account=account).order_by("id").values_list("pk", flat=True),
            rng.integers(0, 60, 100),
            strict=False,
        )
    }
    write_beliefs(for_each, now=now)


def total_standing(platform):
    return sum(
        node.daily_budget or 0 for node in [*platform.world.ad_sets.values(), *platform.world.campaigns.values()]
    )


def test_no_fault_breaks_a_limit_or_sends_twice(account, platform):
    rng = np.random.default_rng(5)
    cap = round(1.25 * total_standing(platform) * 1.05)
    let_it_act(account)
    AccountLimits.objects.update(daily_cap=cap)
    for name in FAULTS:
        platform.faults.add(name, probability=0.25, times=None)
    platform.faults.add("timeout_after_apply", probability=0.1, times=None, method="POST")
    before = {ad_set.pk: standing(platform, ad_set) for ad_set in own_budgets(account)}
    for turn in range(ROUNDS):
        now = NOW + timedelta(hours=7 * turn)
        AdAccount.objects.update(insights_pulled_at=now)
        account.refresh_from_db()
        believe(account, rng, now)
        propose_plan(account, day=now.date(), now=now, seed=turn)
        inspect_changes(account, now=now)
        execute_changes(account, now=now)
        resolve_unknowns(account, now=now)
        after = {ad_set.pk: standing(platform, ad_set) for ad_set in own_budgets(account)}
        assert total_standing(platform) * 1.25 <= cap
        assert all(-0.3 - 1e-6 <= after[pk] / before[pk] - 1 <= 0.2 + 1e-6 for pk in before)
        assert dict(AdSet.objects.filter(pk__in=after).values_list("pk", "daily_budget")) == after, (
            "stored budgets are the standing ones"
        )
        assert not Change.objects.filter(status__in=(states.SENDING, states.UNKNOWN)).exists()
        before = after
        for node in platform.world.ad_sets.values():
            node.budget_changes.clear()
    tell = Counter(Change.objects.values_list("status", flat=True))
    assert tell["applied"] > ROUNDS
    assert tell["failed"] > ROUNDS / 4
    assert_batches_are_allowed(account, platform)


def assert_batches_are_allowed(account, platform):
    campaign_of = dict(AdSet.objects.filter(account=account).values_list("external_id", "campaign_id"))
    written = defaultdict(int)
    for entry in batches_sent(platform):
        nodes = [item["relative_url"].split("/")[1] for item in json.loads(entry.body["batch"])]
        campaigns = [campaign_of[node] for node in nodes if node in campaign_of]
        assert len(nodes) <= 50
        assert len(campaigns) == len(set(campaigns))
        for node in nodes:
            written[node] += 1
    attempts = Counter(
        c.target.external_id
        for c in Change.objects.filter(attempt__gt=0).select_related("ad_set", "campaign")
        if c.status != "blocked"
    )
    assert all(written[node] <= attempts[node] for node in written)
