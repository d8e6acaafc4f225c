"""The loop with an account of Google's: a click with a gclid, a lead, a won deal, a credit, a plan, a budget at Google."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db.models import Sum

from attribution.models import Deal, LedgerEntry, Touchpoint
from learning.actions.turn_cycle import turn_cycle
from sampler.actions.execute_changes import execute_changes
from sampler.actions.review_change import approve_change
from sampler.models import Change
from stratum.core.clock import now
from stratum.core.models import Ad
from stratum.core.permissions import ALLOWED, APPROVER
from stratum.sandbox import AccountProfile
from tests.flows.crm import AD_SHARE
from tests.town import Town, open_town

PROFILE = AccountProfile(external_id="4155550111", platform="google", campaigns=4, ad_sets=6, ads=12)


@pytest.fixture
def town(transactional_db, live_server, settings) -> Iterator[Town]:
    with open_town(live_server, settings, history_days=14, accounts=(PROFILE,)) as opened:
        yield opened


def test_a_won_deal_of_a_click_at_google_becomes_a_budget_there(town):
    ad = Ad.objects.filter(status="ACTIVE").order_by("id").first()
    click = town.control("click", ad_id=ad.external_id, consent=2, send=True)
    lead = town.control("lead", click_id=click["click_id"], amount="900.00", currency="USD")
    town.control("deal", deal_id=lead["deal_id"], stage="won")
    town.hear()
    touch = Touchpoint.objects.get(touchpoint_id=click["touchpoint_id"])
    assert touch.click_id_kind == "gclid"
    assert Deal.objects.get().click_hash == touch.click_hash, "the CRM kept the gclid in a property of its own"
    assert LedgerEntry.objects.filter(ad=ad).aggregate(a=Sum("amount"))["a"] == round(90_000 * AD_SHARE)

    turn_cycle(town.workspace, until=None, now=now(), rng_seed=2)
    change = Change.objects.filter(status="waiting").order_by("id").first()
    assert (change.target_kind, bool(change.reasons)) == ("campaign", True)
    approve_change(change.pk, by="ada@example.com", verbs=ALLOWED[APPROVER], now=now())
    assert execute_changes(town.account, now=now())["applied"] == 1
    assert town.sandbox.world.campaigns[change.campaign.external_id].daily_budget == change.after * 10_000
    assert town.api("roas/dashboard")["overall"]["revenue"]
