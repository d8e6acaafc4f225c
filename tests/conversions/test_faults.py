"""What goes wrong between us and Meta, played by the sandbox, each with its outcome. The sandbox's own book says what arrived."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from attribution.actions.conversions.decide_conversion import give_up_conversion, resend_conversion, resume_destination
from attribution.actions.conversions.send_conversions import send_conversions
from attribution.domain.conversions import states
from attribution.models import ConversionDestination, ConversionEvent, Deal
from stratum.core.models import AuditEntry
from tests.conversions.conftest import NOW, queued


def rested(destination):
    """As if the wait that the platform asked for were over."""
    ConversionDestination.objects.filter(pk=destination.pk).update(waits_until=None)
    return send_conversions(destination, now=NOW)


def requests_of(platform, since):
    return [entry for entry in platform.log.since(since) if entry.path.endswith("/events")]


@pytest.fixture
def mark(platform):
    return platform.log.entries[-1].sequence if platform.log.entries else 0


def arrived(platform):
    return {event["event_id"] for event in platform.conversions}


def test_one_bad_event_in_a_thousand_is_found_and_the_others_arrive(meta, platform, mark):
    rows = queued(meta, 1000)
    # The only kind that our own check lets pass: Meta's clock is ahead of ours.
    bad = rows[617]
    Deal.objects.filter(pk=bad.deal_id).update(created_at=NOW - timedelta(days=9))
    ConversionEvent.objects.filter(pk=bad.pk).update(occurred_at=NOW - timedelta(days=7, seconds=30))
    assert send_conversions(meta, now=NOW - timedelta(minutes=1)) == {"sent": 999, "expired": 1}
    assert arrived(platform) == {row.event_id for row in rows} - {bad.event_id}
    bad.refresh_from_db()
    assert "too far in the past" in bad.reason
    assert len(requests_of(platform, mark)) <= 21
    assert len(platform.conversions) == 999, "nothing arrived twice"


def test_a_bad_event_that_only_meta_knows_of_is_a_dead_letter_with_a_replay(meta, platform):
    rows = queued(meta, 8)
    ConversionEvent.objects.filter(pk=rows[2].pk).update(name="Forbidden")
    platform.faults.add("refuse_event", event="Forbidden", times=None)
    assert send_conversions(meta, now=NOW) == {"sent": 7, "dead": 1}
    platform.faults.clear()
    dead = ConversionEvent.objects.get(status="dead")
    assert dead.pk == rows[2].pk and dead.reason.startswith("The platform refused it:")
    assert resend_conversion(dead, actor="ann@example.com")
    assert send_conversions(meta, now=NOW) == {"sent": 1}
    assert AuditEntry.objects.get(action="conversion resent").data["was"] == "dead"


@pytest.mark.parametrize("number", [float("inf"), float("nan")])
def test_a_number_that_json_has_no_word_for_is_a_dead_letter_and_its_neighbours_arrive(meta, platform, number):
    rows = queued(meta, 8)
    given = {"event_name": "Lead", "event_time": int(NOW.timestamp()) - 60, "email": "ana@example.com", "consent": 2}
    rows[5].body = json.dumps(given | {"custom_data": {"score": number}})
    rows[5].save()
    assert send_conversions(meta, now=NOW) == {"sent": 7, "dead": 1}
    assert arrived(platform) == {row.event_id for row in rows} - {rows[5].event_id}
    rows[5].refresh_from_db()
    assert (rows[5].status, "not finite" in rows[5].reason) == ("dead", True)


def test_a_timeout_after_it_was_taken_is_unknown_and_never_resent_by_itself(meta, platform, mark):
    queued(meta, 3)
    platform.faults.add("timeout_after_apply", path="/events")
    assert send_conversions(meta, now=NOW) == {"unknown": 3}
    assert len(platform.conversions) == 3, "it had arrived"
    for _ in range(3):
        assert rested(meta) == {}
    assert len(requests_of(platform, mark)) == 1
    assert len(platform.conversions) == 3


def test_a_person_resends_what_is_unknown_or_gives_it_up(meta, platform):
    first, second = queued(meta, 2)
    platform.faults.add("html_502", path="/events")
    assert send_conversions(meta, now=NOW) == {"unknown": 2}
    for row in (first, second):
        row.refresh_from_db()
    assert resend_conversion(first, actor="ann@example.com")
    assert give_up_conversion(second, actor="ann@example.com")
    assert not give_up_conversion(second, actor="bob@example.com"), "it is decided"
    assert rested(meta) == {"sent": 1}
    assert arrived(platform) == {first.event_id}, "with the id that it always had"
    assert (second.status, second.reason) == ("dead", "Given up by ann@example.com.")
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"conversion resent", "conversion given up"}


def test_what_nobody_decides_on_expires_when_meta_takes_it_no_more(meta, platform):
    queued(meta, 2)
    platform.faults.add("html_502", path="/events")
    send_conversions(meta, now=NOW)
    ConversionDestination.objects.update(waits_until=None)
    assert send_conversions(meta, now=NOW + timedelta(days=8)) == {"expired": 2}


def test_190_with_http_500_stops_the_destination_until_somebody_looks(meta, platform, mark):
    queued(meta, 2)
    platform.faults.add("token_expired", path="/events")
    assert send_conversions(meta, now=NOW) == {"queued": 2}
    meta.refresh_from_db()
    assert "190" in meta.stopped_because
    assert rested(meta) == {}
    assert len(requests_of(platform, mark)) == 1
    resume_destination(meta, actor="ann@example.com")
    assert send_conversions(meta, now=NOW) == {"sent": 2}


def test_a_data_set_that_is_not_there_stops_it_too_and_blames_no_event(meta, platform, mark):
    ConversionDestination.objects.update(external_id="1")
    queued(meta, 4)
    assert send_conversions(meta, now=NOW) == {"queued": 4}
    meta.refresh_from_db()
    assert "does not exist" in meta.stopped_because
    assert len(requests_of(platform, mark)) == 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"name": "outer_200_error", "code": 2}, {"unknown": 3}),
        ({"name": "outer_200_error", "code": 1}, {"unknown": 3}),
        ({"name": "html_502"}, {"unknown": 3}),
        ({"name": "html_200"}, {"unknown": 3}),
        ({"name": "capi_not_ready"}, {"queued": 3}),
        ({"name": "rate_limit", "code": 17}, {"queued": 3}),
        ({"name": "rate_limit", "code": 80004}, {"queued": 3}),
        ({"name": "outer_200_error", "code": 368}, {"queued": 3}),
    ],
    ids=str,
)
def test_an_error_says_by_its_code_what_becomes_of_the_request(meta, platform, mark, fault, outcome):
    queued(meta, 3)
    platform.faults.add(fault.pop("name"), path="/events", **fault)
    assert send_conversions(meta, now=NOW) == outcome
    assert platform.conversions == []
    assert len(requests_of(platform, mark)) == 1, "no error is answered with the same request at once"
    assert send_conversions(meta, now=NOW) == {}, "the destination rests"


def test_not_ready_and_throttled_are_sent_after_the_wait(meta, platform):
    queued(meta, 3)
    for name in ("capi_not_ready", "rate_limit"):
        platform.faults.add(name, path="/events")
        assert rested(meta) == {"queued": 3}
        meta.refresh_from_db()
        assert meta.waits_until is not None and not meta.stopped_because
    assert rested(meta) == {"sent": 3}
    assert ConversionEvent.objects.filter(attempts=3).count() == 3


def test_too_old_ones_never_leave_the_house(meta, platform, mark):
    rows = queued(meta, 3)
    Deal.objects.filter(pk=rows[1].deal_id).update(created_at=NOW - timedelta(days=9))
    ConversionEvent.objects.filter(pk=rows[1].pk).update(occurred_at=NOW - timedelta(days=7, minutes=1))
    assert send_conversions(meta, now=NOW) == {"sent": 2, "expired": 1}
    assert len(requests_of(platform, mark)) == 1
    assert all(entry.status == 200 for entry in requests_of(platform, mark))


def test_what_a_killed_worker_was_sending_is_unknown(meta, platform):
    queued(meta, 2, status=states.SENDING)
    assert send_conversions(meta, now=NOW) == {"unknown": 2}
    assert platform.conversions == []


def test_more_than_a_thousand_go_in_several_requests(meta, platform, mark):
    queued(meta, 1100)
    assert send_conversions(meta, now=NOW) == {"sent": 1100}
    assert sorted(len(entry.body["data"]) for entry in requests_of(platform, mark)) == [100, 1000]


def test_a_batch_of_nothing_but_bad_ones_does_not_flood_the_platform(meta, platform, mark):
    queued(meta, 300, name="Forbidden")
    platform.faults.add("refuse_event", event="Forbidden", times=None)
    ended = send_conversions(meta, now=NOW)
    assert len(requests_of(platform, mark)) == 200
    assert ended["dead"] + ended["queued"] == 300
    meta.refresh_from_db()
    assert meta.waits_until is not None
