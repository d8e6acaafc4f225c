"""The loop, end to end: a click, a lead, a won deal, a credit, a belief, a plan, a review, a write, a page that changed. And back."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from urllib.parse import parse_qs

import requests
from django.db.models import Sum

from attribution.models import Deal, LedgerEntry
from learning.actions.turn_cycle import turn_cycle
from sampler.actions.execute_changes import execute_changes
from sampler.models import AdBelief, Change
from stratum.core.clock import now
from stratum.core.models import Ad, AdSet, AuditEntry
from stratum.core.periods import local_day
from tests.flows.crm import AD_SHARE


def test_a_won_deal_becomes_a_budget_and_a_lost_one_takes_its_revenue_back(town):
    ad = Ad.objects.filter(status="ACTIVE", ad_set__daily_budget__gt=0).order_by("id").first()
    overview = Overview(town)
    before = overview.revenue()
    turn_cycle(town.workspace, until=None, now=now(), rng_seed=1)
    belief_before = AdBelief.objects.get(ad=ad).state

    deal_id = a_click_becomes_a_lead(town, ad)
    assert credited_to(ad) == open_value(deal_id)
    town.control("deal", deal_id=deal_id, stage="won")
    town.hear()
    assert Deal.objects.get().value == 90_000
    assert (
        credited_to(ad)
        == LedgerEntry.objects.exclude(ad=None).aggregate(a=Sum("amount"))["a"]
        == round(90_000 * AD_SHARE)
    )
    assert overview.revenue() - before == round(900 * AD_SHARE, 2)

    turn_cycle(town.workspace, until=None, now=now(), rng_seed=2)
    assert AdBelief.objects.get(ad=ad).state["revenue"] > belief_before["revenue"]
    change = Change.objects.filter(status="waiting", target_kind="ad_set").order_by("id").first()
    assert change.reasons
    review_in_the_admin(town, change)

    execute_changes(town.account, now=now())
    change.refresh_from_db()
    assert (change.status, change.outcome != "") == ("applied", True)
    assert budgets_written(town)[change.ad_set.external_id] == change.after
    assert AdSet.objects.get(pk=change.ad_set_id).daily_budget == change.after
    assert remote_budget(town, change.ad_set) == change.after
    trail = AuditEntry.objects.filter(subject=f"Change {change.pk}").order_by("id").values_list("action", flat=True)
    assert list(trail)[-3:] == ["change approved", "change sending", "change applied"]
    assert f"{change.ad_set.name}" in overview.page()

    town.control("deal", deal_id=deal_id, stage="lost")
    town.hear()
    assert credited_to(ad) == 0
    assert LedgerEntry.objects.aggregate(a=Sum("amount"))["a"] == 0
    assert overview.revenue() == before


def a_click_becomes_a_lead(town, ad) -> str:
    click = town.control("click", ad_id=ad.external_id, consent=2, send=True)
    lead = town.control("lead", click_id=click["click_id"], amount="900.00", currency="USD")
    town.hear()
    return lead["deal_id"]


def open_value(deal_id) -> int:
    """The ad's part of an open deal: of the amount times the stage's probability."""
    deal = Deal.objects.get(external_id=deal_id)
    assert not deal.is_closed
    assert deal.value == int(90_000 * deal.probability)
    return round(deal.value * AD_SHARE)


def credited_to(ad) -> int:
    return LedgerEntry.objects.filter(ad=ad).aggregate(a=Sum("amount"))["a"] or 0


def review_in_the_admin(town, change) -> None:
    session = town.signed_in("owner@example.com")
    page = session.get(f"{town.url}/admin/sampler/change/", params={"status__exact": "waiting"}, timeout=20)
    assert change.ad_set.name in page.text
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page.text)[1]
    form = {"action": "approve_selected", "_selected_action": str(change.pk), "csrfmiddlewaretoken": token}
    answer = session.post(f"{town.url}/admin/sampler/change/", data=form, headers={"Referer": town.url}, timeout=20)
    assert answer.ok
    change.refresh_from_db()
    assert (change.status, change.decided_by) == ("approved", "owner@example.com")


def budgets_written(town) -> dict[str, int]:
    """Ad set → minor units, from the batches in the Graph server's own log."""
    written = {}
    for entry in town.asked(r"^/(v[\d.]+/?)?$"):
        batch = entry["body"]["batch"]
        items = json.loads(batch) if isinstance(batch, str) else batch
        assert len(items) <= 50
        for item in items:
            if "daily_budget" in item.get("body", ""):
                written[re.sub(r"^(v[\d.]+/)?", "", item["relative_url"]).split("?")[0]] = int(
                    parse_qs(item["body"])["daily_budget"][0]
                )
    return written


def remote_budget(town, ad_set) -> int:
    query = {"fields": "daily_budget", "access_token": town.account.access_token}
    return int(
        requests.get(f"{town.sandbox.graph_url}/v26.0/{ad_set.external_id}", params=query, timeout=20).json()[
            "daily_budget"
        ]
    )


class Overview:
    """What a marketer sees, by API and by page."""

    def __init__(self, town) -> None:
        self.town = town
        self.session = town.signed_in("owner@example.com")

    def revenue(self) -> Decimal:
        return Decimal(
            self.town.api("roas/dashboard", to=local_day(now(), self.town.account.timezone))["overall"]["revenue"]
        )

    def page(self) -> str:
        return self.session.get(self.town.url, timeout=20).text
