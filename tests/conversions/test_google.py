"""The same outbox behind Google's Data Manager API, whose answers come later."""

from __future__ import annotations

import hashlib
import json
import time
from datetime import timedelta

import pytest

from attribution.actions.conversions.read_conversion_results import read_conversion_results
from attribution.actions.conversions.send_conversions import send_conversions
from attribution.models import ConversionDestination, ConversionEvent
from tests.conversions.conftest import NOW, person, queued, statuses, tell, won_deal


def test_google_is_told_in_its_own_words_and_answers_later(workspace, google, platform):
    won_deal(
        workspace, contact=person(workspace, email="Mary.Ann+x@gmail.com", click_id="CjwAbC", click_id_kind="gclid")
    )
    assert tell(google) == {"processing": 2}
    purchase = next(event for event in platform.ingested if event["eventName"] == "Purchase")
    assert purchase["adIdentifiers"] == {"gclid": "CjwAbC"}
    assert purchase["userData"]["userIdentifiers"][0] == {"emailAddress": hashlib.sha256(b"maryann@gmail.com").hexdigest()}  # fmt: skip
    assert (purchase["conversionValue"], purchase["currency"]) == (125.5, "USD")
    assert read_conversion_results(google) == 0, "still processing"
    time.sleep(0.15)
    assert read_conversion_results(google) == 2
    assert statuses() == {"Closed won": "sent", "Purchase": "sent"}
    body = next(entry.body for entry in reversed(platform.log.entries) if entry.path == "/v1/events:ingest")
    assert body["destinations"][0]["operatingAccount"]["accountId"] == "1234567890"
    assert body["destinations"][0]["productDestinationId"] == "77"


def test_googles_rehearsal_is_a_check_without_effect(google, platform):
    ConversionDestination.objects.update(dry_run=True)
    queued(google, 3)
    google.refresh_from_db()
    assert send_conversions(google, now=NOW) == {"rehearsed": 3}
    assert platform.ingested == []
    assert platform.log.entries[-1].body["validateOnly"] is True


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("html_502", {"unknown": 3}), ("timeout_after_apply", {"unknown": 3}), ("rate_limit", {"queued": 3})],
)
def test_faults_end_as_they_do_with_meta(google, platform, fault, outcome):
    queued(google, 3)
    platform.faults.add(fault, path="events:ingest")
    assert send_conversions(google, now=NOW) == outcome
    assert send_conversions(google, now=NOW) == {}


def test_a_wrong_token_stops_it(google):
    google.access_token = "wrong"
    google.save()
    queued(google, 2)
    assert send_conversions(google, now=NOW) == {"queued": 2}
    google.refresh_from_db()
    assert "UNAUTHENTICATED" in google.stopped_because
    assert ConversionEvent.objects.filter(status="queued").count() == 2


def test_a_resend_of_what_google_has_counts_once(google, platform):
    queued(google, 2)
    platform.faults.add("timeout_after_apply", path="events:ingest")
    send_conversions(google, now=NOW)
    ConversionEvent.objects.update(status="queued")
    ConversionDestination.objects.update(waits_until=None)
    assert send_conversions(google, now=NOW) == {"processing": 2}
    assert len(platform.ingested) == 2


def credential(refresh_token):
    return json.dumps({"client_id": "c", "client_secret": "s", "refresh_token": refresh_token})


def test_a_stored_leave_is_turned_into_tokens_that_are_kept_for_their_hour(google, platform):
    ConversionDestination.objects.filter(pk=google.pk).update(access_token=credential(platform.config.access_token))
    before = len(platform.log.entries)
    _, later = queued(google, 2)
    ConversionEvent.objects.filter(pk=later.pk).update(due_at=NOW + timedelta(days=3650))
    assert send_conversions(google, now=NOW) == {"processing": 1}
    ConversionEvent.objects.update(due_at=NOW - timedelta(days=1))
    assert send_conversions(google, now=NOW) == {"processing": 1}
    assert [entry.path for entry in platform.log.entries[before:]].count("/token") == 1


@pytest.mark.parametrize("stored", [credential("revoked"), "{not json", '{"client_id": "c"}'])
def test_a_leave_that_was_withdrawn_stops_the_destination(google, stored):
    ConversionDestination.objects.filter(pk=google.pk).update(access_token=stored)
    queued(google, 1)
    assert send_conversions(google, now=NOW) == {"queued": 1}
    google.refresh_from_db()
    assert google.stopped_because


def test_no_token_for_now_is_no_unknown_outcome(google, platform):
    ConversionDestination.objects.filter(pk=google.pk).update(
        access_token=credential(platform.config.access_token) + " "
    )
    queued(google, 1)
    platform.faults.add("html_502", path="/token")
    assert send_conversions(google, now=NOW) == {"queued": 1}
