"""What moves no deal's date, and what the search index shows late, is found all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.crm.sync_crm import sync_crm
from attribution.models import CrmConnection, CrmSync, Deal, DealRefresh
from stratum.core.clock import now
from tests.flows.crm import Crm, assert_the_ledger_says_what_the_crm_says, lose, market_time, sync
from tests.town import Town, open_town


@pytest.fixture
def town(transactional_db: None, live_server: Any, settings: Any) -> Iterator[Town]:
    with open_town(live_server, settings, history_days=1, search_lag_seconds=0.0) as opened:
        yield opened


def test_a_contact_that_changes_or_joins_late_explains_a_deal_whose_date_stands_still(town, crm, ad, portal):
    first, second = crm.lead(None), crm.lead(None)
    town.hear()
    sync(town, portal)
    assert sync(town, portal).queued == 0, "a repeat finds nothing"
    lose(town)
    town.control("advance", hours=1)
    click = town.control("click", ad_id=ad.external_id, consent=2, send=True)
    other = town.control("lead", click_id=click["click_id"], amount="1.00", pipeline="default")
    contact = Deal.objects.get(external_id=first).contact.external_id
    change_contact(town, contact, hs_facebook_click_id=click["click_id"])
    town.control("relink", deal_id=second, contact_id=other["contact_id"])
    sync(town, portal)
    hashes = set(Deal.objects.filter(external_id__in=[first, second]).values_list("click_hash", flat=True))
    assert len(hashes) == 1 and None not in hashes
    assert sync(town, portal).queued == 0


def change_contact(town: Town, contact_id: str, **properties: str) -> None:
    answer = requests.patch(
        f"{town.sandbox.crm_url}/crm/v3/objects/contacts/{contact_id}",
        json={"properties": properties},
        headers={"Authorization": f"Bearer {town.sandbox.config.crm_token}"},
        timeout=20,
    )
    assert answer.ok, answer.text


def test_what_the_index_shows_late_is_found_by_the_next_run(transactional_db, live_server, settings):
    with open_town(live_server, settings, history_days=1, search_lag_seconds=1.0) as town:
        crm, portal = Crm(town), CrmConnection.objects.get()
        lose(town)
        at = market_time(town)
        deal_id = crm.lead(None)
        sync_crm(portal, now=at)
        assert not DealRefresh.objects.filter(deal_external_id=deal_id).exists(), "the index does not show it yet"
        assert CrmSync.objects.get().synced_to == at, "never past the start of the run"
        until = now() + timedelta(seconds=1.1)
        while now() < until:
            refresh_due_deals(town.workspace, now=now())
        sync(town, portal)
        assert_the_ledger_says_what_the_crm_says(crm, deal_id)


def test_a_contact_that_was_put_away_leaves_its_deal_in_peace(town, crm, ad, portal):
    deal_id = crm.lead(ad)
    town.hear()
    sync(town, portal)
    known = Deal.objects.get(external_id=deal_id)
    requests.delete(
        f"{town.sandbox.crm_url}/crm/v3/objects/contacts/{known.contact.external_id}",
        headers={"Authorization": f"Bearer {town.sandbox.config.crm_token}"},
        timeout=20,
    )
    crm.change(deal_id, stage="won")
    town.hear()
    assert sync(town, portal).queued == 0
    deal = Deal.objects.get(external_id=deal_id)
    assert (deal.contact_id, deal.click_hash) == (known.contact_id, known.click_hash)
    assert_the_ledger_says_what_the_crm_says(crm, deal_id)
