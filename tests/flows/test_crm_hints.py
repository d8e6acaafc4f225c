"""What HubSpot tells at once, in each of its formats, and what it tells no longer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from attribution.actions.conversions.connect_destination import connect_destination
from attribution.actions.conversions.queue_conversions import queue_conversions
from attribution.models import ConversionDestination, ConversionEvent, CrmConnection, Deal, DealContact, PipelineStage
from stratum.core.clock import now
from tests.flows.crm import Crm, lose, sync
from tests.town import Town, open_town


@pytest.fixture
def town(transactional_db: None, live_server: Any, settings: Any) -> Iterator[Town]:
    with open_town(live_server, settings, history_days=1, search_lag_seconds=0.0) as opened:
        yield opened


@pytest.fixture
def meta(town: Town) -> ConversionDestination:
    return connect_destination(town.workspace, actor="test", platform="meta", name="Pixel", external_id="1")


def test_whichever_side_tells_of_an_association_the_deal_is_read_at_once(town):
    crm = Crm(town)
    deal_id, other = crm.lead(None), town.control("lead", amount="1.00", pipeline="default")
    town.hear()
    own = Deal.objects.get(external_id=deal_id).contact.external_id
    for told in (
        {"tell": "contacts"},
        {"tell": "deals"},
        {"tell": "contacts", "generic": True},
        {"tell": "deals", "generic": True},
    ):
        for change, contacts in ({}, {own, other["contact_id"]}), ({"remove": True}, {own}):
            town.control("relink", deal_id=deal_id, contact_id=other["contact_id"], **told, **change)
            town.hear()
            linked = DealContact.objects.filter(deal__external_id=deal_id).values_list("contact_external_id", flat=True)
            assert set(linked) == contacts, (told, change)


def test_a_deal_won_in_a_stage_that_is_listed_no_longer_is_told_as_a_purchase(town, meta):
    crm = Crm(town)
    town.control("stage", stage="closedwon", unlist=True)
    deal_id = crm.lead(None)
    crm.change(deal_id, stage="won")
    town.hear()
    assert not PipelineStage.objects.filter(stage_id="closedwon").exists()
    deal = Deal.objects.get(external_id=deal_id)
    assert (deal.is_won, deal.value) == (True, 90_000)
    queue_conversions(meta, now=now())
    assert set(ConversionEvent.objects.filter(deal=deal).values_list("name", flat=True)) == {
        "Lead",
        "Replied",
        "closedwon",
        "Purchase",
    }


def test_a_stage_that_becomes_a_win_later_tells_of_the_purchase_once(town, meta):
    crm, portal = Crm(town), CrmConnection.objects.get()
    deal_id = crm.lead(None)
    crm.change(deal_id, stage="contractsent")
    town.hear()
    queue_conversions(meta, now=now())
    assert not ConversionEvent.objects.filter(name="Purchase").exists()
    lose(town)
    town.control("stage", stage="contractsent", probability=1.0, closed=True)
    sync(town, portal)
    assert Deal.objects.get(external_id=deal_id).is_won
    assert queue_conversions(meta, now=now()) and not queue_conversions(meta, now=now())
    assert ConversionEvent.objects.filter(name="Purchase", deal__external_id=deal_id).count() == 1
