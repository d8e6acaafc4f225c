"""What HubSpot is known to do to those who listen to it and ask it, played by the sandbox: each fault, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from attribution.actions.conversions.connect_destination import connect_destination
from attribution.actions.conversions.queue_conversions import queue_conversions
from attribution.actions.conversions.send_conversions import send_conversions
from attribution.actions.crm.sync_crm import sync_crm
from attribution.models import ConversionEvent, CrmEvent, CrmSync, Deal, DealRefresh, InboxDelivery, LedgerEntry
from attribution.selectors import intake
from stratum.core.clock import now
from tests.flows.crm import (
    AD_SHARE,
    FOR_EVER,
    assert_the_ledger_says_what_the_crm_says,
    balances,
    lose,
    market_time,
    sync,
    wait_for,
)
from tests.town import Town, open_town


@pytest.fixture
def town(transactional_db: None, live_server: Any, settings: Any) -> Iterator[Town]:
    quick = {"delay_seconds": 30.0, "search_lag_seconds": 0.0, "duplicate_share": 0.0}
    with open_town(live_server, settings, history_days=1, **quick) as opened:
        yield opened


def test_different_events_under_one_event_id_all_count(town, crm, ad):
    town.control("faults", name="same_event_id", **FOR_EVER)
    deals = [crm.lead(ad) for _ in range(3)]
    for deal_id in deals:
        crm.change(deal_id, stage="won")
    town.hear()
    ids = {event["eventId"] for one in deliveries(town) for event in one["events"]}
    assert ids == {1_000_000}
    assert (intake().duplicate, intake().dead) == (0, 0)
    assert_the_ledger_says_what_the_crm_says(crm, *deals)


def deliveries(town: Town) -> list[dict[str, Any]]:
    return requests.get(f"{town.sandbox.graph_url}/control/deliveries", timeout=20).json()["deliveries"]


def test_events_in_reversed_order_end_in_the_same_ledger(town, crm, ad):
    deal_id = crm.lead(ad)
    for step in ({"stage": "won"}, {"stage": "qualifiedtobuy"}, {"amount": "1000.00"}):
        town.control("faults", name="deliver_disorder")
        crm.change(deal_id, **step)
    crm.change(deal_id, stage="lost")
    wait_for(lambda: InboxDelivery.objects.count() == 2)  # the lead and this; the others are held up
    town.hear()
    heard = list(CrmEvent.objects.filter(kind__contains="propertyChange").order_by("id").values_list("property_value"))
    assert heard[0] == ("closedlost",), "the last change came first"
    assert balances() == {}
    assert_the_ledger_says_what_the_crm_says(crm, deal_id)


def test_the_same_event_twice_counts_once(town, crm, ad):
    town.control("faults", name="deliver_duplicates", **FOR_EVER)
    deal_id = crm.lead(ad)
    crm.change(deal_id, stage="won")
    town.hear()
    assert intake().accepted == intake().duplicate == CrmEvent.objects.count() > 0
    assert balances()[deal_id, ad.pk] == round(90_000 * AD_SHARE)
    lines = LedgerEntry.objects.count()
    town.hear()
    assert LedgerEntry.objects.count() == lines
    assert_the_ledger_says_what_the_crm_says(crm, deal_id)


def test_a_hundred_events_in_one_delivery_are_a_hundred_events(town, crm, ad):
    town.control("faults", name="deliver_in_hundreds", **FOR_EVER)
    deal_id = crm.lead(ad)
    for cents in range(101):
        crm.change(deal_id, amount=f"900.{cents + 1:02d}" if cents < 99 else f"95{cents}.00")
    town.hear()
    assert sorted(len(one["events"]) for one in deliveries(town))[-1] == 100
    assert InboxDelivery.objects.order_by("-accepted").first().accepted == 100
    assert DealRefresh.objects.count() == 0
    assert_the_ledger_says_what_the_crm_says(crm, deal_id)


@pytest.mark.parametrize("heard", [True, False], ids=["heard", "not heard"])
def test_merged_deals_leave_one_that_counts(town, crm, ad, portal, heard):
    one, other = crm.lead(ad, "400.00"), crm.lead(ad, "700.00")
    for deal_id in (one, other):
        crm.change(deal_id, stage="won")
    town.hear()
    assert sum(balances().values()) == 110_000
    if not heard:
        lose(town)
    merged = crm.change(one, merge_into=other)
    town.hear()
    if not heard:
        assert sum(balances().values()) == 110_000, "nobody told"
        sync(town, portal)
    assert {deal_id for deal_id, _ in balances()} & {one, other, merged} == {merged}
    assert_the_ledger_says_what_the_crm_says(crm, one, other, merged)
    assert Deal.objects.filter(removed_at=None, external_id__in=[one, other]).count() == 0


@pytest.mark.parametrize("heard", [True, False], ids=["heard", "not heard"])
def test_deals_that_were_merged_twice_are_told_once(town, crm, ad, portal, heard):
    destination = connect_destination(
        town.workspace, actor="test", platform="meta", name="Pixel", external_id="880011223344556", default_region="US", dry_run=False,
        access_token=town.sandbox.config.access_token, needs_consent=False,
    )  # fmt: skip
    first, second, third = (crm.lead(ad) for _ in range(3))
    for deal_id in (first, second, third):
        crm.change(deal_id, stage="won")
    town.hear()
    queue_conversions(destination, now=now())
    send_conversions(destination, now=now())
    told = ConversionEvent.objects.filter(status="sent", deal__external_id__in=[first, second, third])
    names = sorted(told.values_list("name", flat=True))
    assert names.count("Purchase") == names.count("Lead") == 3
    if not heard:
        lose(town)
    last = crm.change(crm.change(second, merge_into=first), merge_into=third)
    town.hear()
    if not heard:
        sync(town, portal)
    assert Deal.objects.get(removed_at=None, external_id__in=[first, second, third, last]).external_id == last
    queue_conversions(destination, now=now())
    send_conversions(destination, now=now())
    told = ConversionEvent.objects.filter(status="sent", deal__external_id=last)
    assert sorted(told.values_list("name", flat=True)) == names
    assert not ConversionEvent.objects.filter(deal__external_id__in=[first, second, third]).exists()


def test_the_generic_format_says_the_same(town, crm, ad):
    town.control("faults", name="generic_format", **FOR_EVER)
    won, gone, one, other = (crm.lead(ad) for _ in range(4))
    town.hear()
    crm.change(won, stage="won")
    crm.change(gone, delete=True)
    merged = crm.change(one, merge_into=other)
    town.hear()
    kinds = {kind.partition(".")[0] for kind in CrmEvent.objects.values_list("kind", flat=True)}
    assert kinds == {"object"}
    assert (intake().dead, Deal.objects.get(external_id=gone).value) == (0, 0)
    assert_the_ledger_says_what_the_crm_says(crm, won, one, other, merged)


def test_a_429_on_search_without_a_date_is_waited_out(town, crm, ad, portal):
    lose(town)
    deal_id = crm.lead(ad)
    town.control("faults", name="search_429", times=2)
    assert sync(town, portal).trouble == ""
    assert town.sandbox.faults.take("search_429") is None
    assert_the_ledger_says_what_the_crm_says(crm, deal_id)


def test_a_search_that_stays_refused_is_told_and_moves_no_bookmark(town, crm, ad, portal, monkeypatch):
    monkeypatch.setattr("stratum.platforms.hubspot.SEARCH_TRIES", 2)
    lose(town)
    deal_id = crm.lead(ad)
    town.control("faults", name="search_429", **FOR_EVER)
    assert "429" in sync(town, portal).trouble
    state = CrmSync.objects.get()
    assert (state.synced_to, "429" in state.last_error) == (None, True)
    requests.delete(f"{town.sandbox.graph_url}/control/faults", timeout=20)
    assert sync(town, portal).trouble == ""
    assert_the_ledger_says_what_the_crm_says(crm, deal_id)


def test_empty_pages_that_go_on_are_followed(town, crm, ad, portal):
    lose(town)
    deal_id, gone = crm.lead(ad), crm.lead(ad)
    sync(town, portal)
    crm.change(deal_id, stage="won")
    crm.change(gone, delete=True)
    for path in ("deals/search", "contacts/search", "objects/deals"):
        town.control("faults", name="empty_page_with_after", path=path, times=3)
    sync(town, portal)
    assert town.sandbox.faults.take("empty_page_with_after", path="/crm/v3/objects/deals/search") is None
    assert Deal.objects.exclude(removed_at=None).get().external_id == gone
    assert_the_ledger_says_what_the_crm_says(crm, deal_id, gone)


def test_twelve_thousand_deals_of_one_millisecond_are_all_found(town, portal):
    lose(town)
    town.control("crowd", count=12_000)
    found = sync_crm(portal, now=market_time(town))
    queued = DealRefresh.objects.count()
    assert found.compared == found.queued == queued > 12_000
    pages = [entry for entry in town.sandbox.log.since(0) if entry.path.endswith("deals/search")]
    assert len(pages) == -(-found.compared // 200)


def test_an_archived_deal_stops_counting_though_its_date_stands_still(town, crm, ad, portal):
    deal_id = crm.lead(ad)
    crm.change(deal_id, stage="won")
    town.hear()
    sync(town, portal)
    town.control("advance", hours=2)
    lose(town)
    crm.change(deal_id, delete=True)
    assert balances()[deal_id, ad.pk] == round(90_000 * AD_SHARE)
    sync(town, portal)
    assert deal_id not in {one for one, _ in balances()}
    assert_the_ledger_says_what_the_crm_says(crm, deal_id)


def test_a_renamed_stage_keeps_its_meaning_and_a_new_probability_values_deals_that_nobody_touched(
    town, crm, ad, portal
):
    deal_id, won = crm.lead(ad), crm.lead(ad)
    crm.change(deal_id, stage="qualifiedtobuy")
    crm.change(won, stage="won")
    town.hear()
    read = Deal.objects.get(external_id=deal_id).updated_at
    town.control("stage", stage="qualifiedtobuy", label="Closed won", probability=0.65)
    town.control("stage", stage="closedwon", label="Lost track of")
    sync(town, portal)
    found = {
        deal.external_id: (deal.stage_label, deal.is_won, deal.value, deal.updated_at) for deal in Deal.objects.all()
    }
    assert found[deal_id] == ("Closed won", False, 58_500, read)
    assert found[won][:3] == ("Lost track of", True, 90_000)
    assert LedgerEntry.objects.filter(deal__external_id=deal_id).latest("id").reason == "Closed won is valued anew"
    assert_the_ledger_says_what_the_crm_says(crm, deal_id, won)
