"""Which click id each platform is told, and with which of a deal's events."""

from __future__ import annotations

from datetime import timedelta

from attribution.models import ConversionEvent
from tests.conversions.conftest import NOW, person, tell, won_deal


def test_a_contact_with_both_click_ids_is_told_to_each_platform_by_its_own(workspace, meta, google, platform):
    seen_at = NOW - timedelta(days=3)
    clicks = {
        "click_id": "IwAR0AbC",
        "click_id_kind": "fbclid",
        "click_id_seen_at": seen_at,
        "other_click_id": "CjwAbC",
    }
    won_deal(workspace, contact=person(workspace, **clicks, other_click_id_kind="gclid"))
    tell(meta)
    tell(google)
    fbc = f"fb.1.{int(seen_at.timestamp() * 1000)}.IwAR0AbC"
    assert {event["user_data"].get("fbc") for event in platform.conversions} == {fbc}
    assert {event["adIdentifiers"]["gclid"] for event in platform.ingested} == {"CjwAbC"}
    assert "gclid" not in str(platform.conversions) and "IwAR" not in str(platform.ingested)


def test_a_click_after_the_lead_is_told_with_the_later_stages_only(workspace, meta, platform):
    at = NOW - timedelta(hours=4, minutes=30)
    clicks = {"click_id": "IwAR0AbC", "click_id_kind": "fbclid", "click_id_seen_at": at}
    won_deal(workspace, contact=person(workspace, **clicks))
    tell(meta)
    told = {event["event_name"]: "fbc" in event["user_data"] for event in platform.conversions}
    assert told == {"Lead": False, "Qualified": True, "Closed won": True, "Purchase": True}
    lead = ConversionEvent.objects.get(name="Lead")
    assert [(one["field"], one["stops"]) for one in lead.findings] == [("fbclid", False)]
