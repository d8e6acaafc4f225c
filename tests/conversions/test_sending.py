"""From a stage in the CRM to an event at Meta, over real HTTP."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction

from attribution.actions.conversions.decide_conversion import give_up_conversion
from attribution.actions.conversions.hand_over_conversions import hand_over_conversions
from attribution.actions.conversions.queue_conversions import queue_conversions
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.deals.store_deals import remove_deal
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.models import Contact, ConversionDestination, ConversionEvent, Deal, StageChange
from attribution.row_fields import DEAL, TOUCHPOINT
from stratum.core.models import AuditEntry
from stratum.core.rows import read_row
from tests.conversions.conftest import NOW, person, statuses, tell, won_deal


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_won_deal_tells_its_lead_its_stages_and_one_purchase(workspace, meta, platform):
    won_deal(workspace)
    assert tell(meta) == {"sent": 4}
    by_name = {event["event_name"]: event for event in platform.conversions}
    assert list(by_name) == ["Lead", "Qualified", "Closed won", "Purchase"]
    assert by_name["Purchase"]["custom_data"] == {"value": 125.5, "currency": "USD", "event_source": "crm", "lead_event_source": "HubSpot"}  # fmt: skip
    for event in by_name.values():
        assert event["action_source"] == "system_generated"
        assert event["custom_data"]["event_source"] == "crm"
        assert event["user_data"]["em"] == [sha("mary0@example.com")]
        assert event["user_data"]["ph"] == [sha("16505551212")]
    assert [event["event_time"] for event in by_name.values()] == sorted(event["event_time"] for event in by_name.values())  # fmt: skip
    purchase = ConversionEvent.objects.get(name="Purchase")
    assert (purchase.value, purchase.currency, purchase.ledger_revision) == (12_550, "USD", 3)
    assert purchase.readiness > 60 and "em" in purchase.match_keys
    assert AuditEntry.objects.get(action="conversions worked off").data == {"sent": 4}


def test_the_same_thing_is_told_once_however_often_it_is_seen(workspace, meta, platform):
    deal = won_deal(workspace)
    assert (tell(meta), tell(meta)) == ({"sent": 4}, {})
    StageChange.objects.all().delete()  # the CRM's history is read anew, and the deal was lost and won again meanwhile
    for hours in (1, 2, 3):
        StageChange.objects.create(workspace=workspace, deal=deal, pipeline_id="default", stage_id="won" if hours > 1 else "qualified",
                                   is_won=hours > 1, occurred_at=deal.created_at + timedelta(hours=hours))  # fmt: skip
    assert tell(meta) == {"sent": 1}, "the stage was entered once more; the purchase was told already"
    assert [event["event_name"] for event in platform.conversions].count("Purchase") == 1
    assert len({event["event_id"] for event in platform.conversions}) == len(platform.conversions)
    assert queue_conversions(meta, now=NOW) == 0


def test_without_a_list_of_stages_every_stage_is_told_by_its_own_name(workspace, meta):
    meta.stage_events = {}
    won_deal(workspace)
    queue_conversions(meta, now=NOW)
    assert set(statuses()) == {"Lead", "qualified", "won", "Purchase"}
    meta.stage_events = {"lead": "", "won": "Closed won"}
    ConversionEvent.objects.all().delete()
    queue_conversions(meta, now=NOW)
    assert set(statuses()) == {"Closed won", "Purchase"}


def test_nothing_personal_lies_in_the_outbox(workspace, meta):
    won_deal(workspace)
    tell(meta)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e)::text FROM attribution_conversionevent e")
        stored = " ".join(row[0] for row in cursor.fetchall()).lower()
    for secret in ("mary0", "6505551212", sha("mary0@example.com")):
        assert secret not in stored


def test_a_dry_run_builds_everything_and_sends_nothing(workspace, meta, platform):
    ConversionDestination.objects.update(dry_run=True)
    meta.refresh_from_db()
    won_deal(workspace)
    assert tell(meta) == {"rehearsed": 4}
    assert platform.conversions == []
    assert ConversionEvent.objects.filter(readiness__gt=0).count() == 4


def test_a_live_destination_holds_no_test_code(meta):
    with pytest.raises(IntegrityError), transaction.atomic():
        ConversionDestination.objects.filter(pk=meta.pk).update(test_event_code="TEST1")
    ConversionDestination.objects.filter(pk=meta.pk).update(test_event_code="TEST1", dry_run=True)


@pytest.mark.parametrize("consent", [0, 1, None])
def test_whoever_did_not_consent_is_held_back_until_they_do(workspace, meta, platform, consent):
    deal = won_deal(workspace, contact=person(workspace, consent=consent))
    assert tell(meta) == {"held": 4}
    assert platform.conversions == []
    assert not any(event.match_keys or event.readiness for event in ConversionEvent.objects.all())
    Contact.objects.filter(pk=deal.contact_id).update(consent=2)
    assert tell(meta) == {"sent": 4}


def test_who_was_never_asked_may_be_told_of_where_consent_is_not_needed(workspace, meta):
    ConversionDestination.objects.update(needs_consent=False)
    meta.refresh_from_db()
    won_deal(workspace, contact=person(workspace, consent=None))
    won_deal(workspace, 1, contact=person(workspace, 1, consent=0))
    assert tell(meta) == {"sent": 4, "held": 4}


@pytest.mark.parametrize(("by_tag", "by_crm"), [(96, 30), (96, None), (None, 30), (None, None)])
def test_a_click_is_dated_by_the_tag_or_by_the_crm_and_never_by_guess(workspace, meta, platform, by_tag, by_crm):
    tagged, told = (NOW - timedelta(hours=hours) if hours else None for hours in (by_tag, by_crm))
    for number, hours in enumerate((by_tag, by_tag - 1) if by_tag else ()):
        at = NOW - timedelta(hours=hours)
        row = {
            "touchpoint_id": f"t{number}",
            "occurred_at": at.isoformat(),
            "kind": "ad_click",
            "click_id": "IwAR0AbC",
            "anonymous_id": "a",
        }
        record_touchpoints(
            workspace, [read_row(row | {"ad_id": "ad-1", "click_id_kind": "fbclid", "consent": 2}, TOUCHPOINT)]
        )
    won_deal(workspace, contact=person(workspace, click_id="IwAR0AbC", click_id_kind="fbclid", click_id_seen_at=told))
    tell(meta)
    first = tagged or told
    fbc = f"fb.1.{int(first.timestamp() * 1000)}.IwAR0AbC" if first else None
    assert {event["user_data"].get("fbc") for event in platform.conversions} == {fbc}
    assert {finding["field"] for finding in ConversionEvent.objects.first().findings} == (set() if first else {"fbc"})


def test_an_erased_person_is_not_told_of(workspace, meta, platform):
    won_deal(workspace, contact=person(workspace, erased_at=NOW))
    assert tell(meta) == {"dead": 4}
    assert platform.conversions == []


def test_a_deal_that_is_gone_is_not_told_of(workspace, meta, platform):
    deal = won_deal(workspace)
    queue_conversions(meta, now=NOW)
    deal.removed_at = NOW
    deal.save()
    assert tell(meta) == {"dead": 4}
    assert platform.conversions == []


def merge(*chain):
    """Each deal into the next, as the CRM does it."""
    for one, other in pairwise(chain):
        remove_deal(one.external_id, now=NOW)
        hand_over_conversions({one.external_id: other.external_id})


@pytest.mark.parametrize(
    ("was", "then"),
    [
        ("sent", {}),
        ("unknown", {}),
        ("processing", {}),
        ("given up", {}),
        ("queued", {"sent": 4}),
        ("held", {"sent": 4}),
        ("rehearsed", {"sent": 4}),
        ("dead", {"sent": 4}),
    ],
)
def test_a_merged_deal_tells_what_its_part_had_not_told(workspace, meta, platform, was, then):
    part = won_deal(workspace, 1)
    queue_conversions(meta, now=NOW)
    ConversionEvent.objects.update(status="unknown" if was == "given up" else was)
    if was == "given up":
        for event in ConversionEvent.objects.all():
            give_up_conversion(event, actor="ann@example.com")
    merge(part, won_deal(workspace, 2, contact=part.contact))
    assert tell(meta) == then
    assert (tell(meta), len(platform.conversions)) == ({}, then.get("sent", 0))


def test_a_chain_of_merges_tells_one_deal(workspace, meta, platform):
    mary = person(workspace)
    one, two = won_deal(workspace, 1, contact=mary), won_deal(workspace, 2, contact=mary, hours_ago=4)
    assert tell(meta) == {"sent": 8}, "both had been told of before anybody knew"
    three = won_deal(workspace, 3, contact=mary)
    merge(one, three)
    merge(two, three)
    assert tell(meta) == {}
    four = won_deal(workspace, 4, contact=mary)
    merge(three, four)
    StageChange.objects.create(workspace=workspace, deal=four, pipeline_id="default", stage_id="qualified", occurred_at=NOW)  # fmt: skip
    assert tell(meta) == {"sent": 1}, "what is new is told"
    assert platform.conversions[-1]["event_name"] == "Qualified"
    assert set(ConversionEvent.objects.values_list("deal", flat=True)) == {four.pk}


def test_what_waits_is_not_told_where_the_other_part_told_it_and_an_undone_merge_tells_nothing_twice(workspace, meta, platform):  # fmt: skip
    mary = person(workspace)
    part = won_deal(workspace, 1, contact=mary)
    tell(meta)
    whole = won_deal(workspace, 2, contact=mary)
    queue_conversions(meta, now=NOW)
    merge(part, whole)
    assert tell(meta) == {}
    Deal.objects.update(removed_at=None)
    assert tell(meta) == {}
    assert len(platform.conversions) == 4
    hand_over_conversions({"d1": "d2", "d2": "d1", "gone": "d1", "d3": "d3"})


def test_deals_that_a_file_says_were_merged_are_told_once(workspace, meta, platform):
    row = {
        "created_at": (NOW - timedelta(hours=5)).isoformat(),
        "email": "ana@example.com",
        "stage": "won",
        "is_won": True,
        "amount": "9",
    }
    import_deals(workspace, [read_row(row | {"deal_id": "a"}, DEAL)])
    Contact.objects.update(consent=2)
    assert tell(meta) == {"sent": 3}
    gone = row | {"deal_id": "a", "updated_at": NOW.isoformat(), "merged_into": "b"}
    import_deals(workspace, [read_row(gone, DEAL), read_row(row | {"deal_id": "b"}, DEAL)])
    assert tell(meta) == {}
    assert len(platform.conversions) == 3


def test_a_purchase_is_told_while_the_deal_is_won_and_once_it_is_won_again(workspace, meta, platform):
    deal = won_deal(workspace, contact=person(workspace, consent=None))
    assert tell(meta) == {"held": 4}
    Deal.objects.update(is_won=False, value=0)
    Contact.objects.update(consent=2)
    assert tell(meta) == {"sent": 3, "dead": 1}
    assert ConversionEvent.objects.get(status="dead").reason == "The deal is no longer won."
    assert tell(meta) == {}
    again = deal.created_at + timedelta(hours=4)
    StageChange.objects.create(workspace=workspace, deal=deal, pipeline_id="default", stage_id="won", is_won=True, occurred_at=again)  # fmt: skip
    Deal.objects.update(is_won=True)
    assert tell(meta) == {"sent": 2}, "the stage once more, and the purchase"
    purchases = [event["event_time"] for event in platform.conversions if event["event_name"] == "Purchase"]
    assert purchases == [int(again.timestamp())]


def test_a_deal_whose_contact_is_not_read_yet_waits(workspace, meta):
    deal = won_deal(workspace)
    deal.contact, contact = None, deal.contact
    deal.save()
    assert tell(meta) == {"queued": 4}
    assert tell(meta) == {}, "it rests for some minutes"
    deal.contact = contact
    deal.save()
    ConversionEvent.objects.update(due_at=NOW - timedelta(days=1))
    assert tell(meta) == {"sent": 4}


def test_a_purchase_without_an_amount_is_dead_and_lives_when_it_has_one(workspace, meta):
    deal = won_deal(workspace, amount=None)
    assert tell(meta) == {"sent": 3, "dead": 1}
    purchase = ConversionEvent.objects.get(status="dead")
    assert (purchase.name, purchase.reason) == ("Purchase", "A purchase needs a value and a currency.")
    deal.amount = 100
    deal.save()
    purchase.status = "queued"
    purchase.save()
    assert tell(meta) == {"sent": 1}


def test_what_stratum_learns_of_too_late_is_told_to_us_and_not_to_meta(workspace, meta, platform):
    won_deal(workspace, 0, hours_ago=24 * 6)
    assert tell(meta, NOW + timedelta(days=5)) == {}
    assert set(statuses().values()) == {"expired"}
    won_deal(workspace, 1, hours_ago=24 * 30)
    assert queue_conversions(meta, now=NOW) == 0, "from before the connection"
    assert platform.conversions == []


def test_limited_data_use_and_the_data_set_are_in_what_meta_gets(workspace, meta, platform):
    ConversionDestination.objects.update(limited_use=True, limited_use_country=1, limited_use_state=1000)
    won_deal(workspace)
    meta.refresh_from_db()
    tell(meta)
    assert {event["data_processing_options_state"] for event in platform.conversions} == {1000}
    request = next(entry for entry in reversed(platform.log.entries) if entry.path.endswith("/events"))
    assert request.path == "/v26.0/880011223344556/events"
    assert list(request.body) == ["data"]
    assert "test_event_code" not in json.dumps(request.body)
