"""A contact that came by a click of Meta's and by one of Google's: both earn, the later one more, and each platform is told its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from attribution.actions.ads.store_ad_days import store_ad_days
from attribution.actions.credit.attribute_deals import Booking, attribute_deals
from attribution.actions.crm.store_crm_deals import store_crm_deals
from attribution.actions.deals.link_deals import link_deals
from attribution.actions.people.erase_person import erase_person
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.models import Contact, Deal, DealRefresh, LedgerEntry, Touchpoint
from attribution.payloads import person_of_contact
from attribution.row_fields import AD_DAY, TOUCHPOINT
from attribution.selectors.journey import journey
from stratum.core.models import AdAccount
from stratum.core.rows import read_row
from stratum.platforms.hubspot_objects import CrmContact, CrmDeal

LEAD_AT = datetime(2026, 10, 10, 15, tzinfo=UTC)
CLICKS = {"meta": "IwAR0Facebook", "google": "Cj0KCQgoogle"}
PROPERTIES = {
    "email": "ana@example.com", "hs_facebook_click_id": CLICKS["meta"], "hs_google_click_id": CLICKS["google"],
    "lastmodifieddate": "2026-10-10T15:00:00Z",
}  # fmt: skip


@pytest.fixture
def ads(workspace):
    for platform in CLICKS:
        account = AdAccount.objects.create(workspace=workspace, platform=platform, external_id=platform, name=platform, currency="USD", timezone="UTC")  # fmt: skip
        row = {
            "date": "2026-10-01",
            "ad_id": f"ad-{platform}",
            "spend": "1",
            "impressions": 1,
            "clicks": 1,
            "campaign_id": platform,
        }
        store_ad_days(account, [read_row(row, AD_DAY)])


def clicked(workspace, platform, *, days_before):
    at = LEAD_AT - timedelta(days=days_before)
    row = {"touchpoint_id": platform, "occurred_at": at.isoformat(), "kind": "ad_click", "ad_id": f"ad-{platform}", "consent": 2,
           "click_id": CLICKS[platform], "anonymous_id": f"browser of {platform}"}  # fmt: skip
    record_touchpoints(workspace, [read_row(row, TOUCHPOINT)])


def lead(workspace, portal):
    deal = CrmDeal("7", {"createdate": LEAD_AT.isoformat(), "hs_lastmodifieddate": LEAD_AT.isoformat(), "amount": "900", "hs_is_closed": "true",
                         "hs_is_closed_won": "true"}, (CrmContact("501", PROPERTIES),))  # fmt: skip
    with transaction.atomic():
        deals = store_crm_deals(workspace, portal, [deal], {})
        link_deals(workspace, deals, source="crm")
        attribute_deals(workspace, [Booking(one.pk, "won", None) for one in deals], now=LEAD_AT)


@pytest.mark.parametrize(("later", "earlier"), [("google", "meta"), ("meta", "google")])
def test_both_clicks_earn_and_the_later_one_more(workspace, portal, ads, later, earlier):
    clicked(workspace, later, days_before=2)
    clicked(workspace, earlier, days_before=6)
    lead(workspace, portal)
    earned = dict(LedgerEntry.objects.exclude(ad=None).values_list("ad__external_id", "amount"))
    assert earned[f"ad-{later}"] > earned[f"ad-{earlier}"] > 0
    assert len(journey("7").touches) == 2


def test_a_late_click_of_either_platform_queues_its_deal(workspace, portal, ads):
    lead(workspace, portal)
    for platform in CLICKS:
        DealRefresh.objects.all().delete()
        clicked(workspace, platform, days_before=1)
        assert DealRefresh.objects.get().deal_external_id == "7"


def test_each_click_is_dated_by_its_own_touch_and_both_are_erased(workspace, portal, ads):
    for days, platform in enumerate(CLICKS, 1):
        clicked(workspace, platform, days_before=days)
    lead(workspace, portal)
    person = person_of_contact(Contact.objects.get())
    assert {kind: person.one(kind) for kind in ("fbclid", "gclid")} == {
        "fbclid": CLICKS["meta"],
        "gclid": CLICKS["google"],
    }
    assert {kind: LEAD_AT - person.clicked(kind) for kind in ("fbclid", "gclid")} == {"fbclid": timedelta(days=1), "gclid": timedelta(days=2)}  # fmt: skip
    erase_person(workspace, email="ana@example.com", actor="test", now=LEAD_AT)
    contact, deal = Contact.objects.get(), Deal.objects.get()
    assert (contact.click_id, contact.other_click_id, deal.click_hash, deal.other_click_hash) == ("", "", None, None)
    assert not Touchpoint.objects.exclude(click_hash=None).exists()
