"""How well it goes: the figures of a page, Meta's own score beside ours, and the outbox in the admin."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.urls import reverse

from attribution.actions.conversions.read_match_quality import read_match_quality
from attribution.actions.conversions.send_conversions import send_conversions
from attribution.actions.conversions.track_conversion import track_conversion
from attribution.actions.people.erase_person import erase_person
from attribution.models import ConversionDestination, ConversionEvent, DatasetQuality
from attribution.selectors import conversion_health, match_quality
from attribution.tasks import queue_conversions as queue_task
from attribution.tasks import send_conversions as send_task
from stratum.core.models import AuditEntry, Membership, User
from tests.conversions.conftest import NOW, person, queued, tell, won_deal

SALE = {
    "event_name": "Purchase", "action_source": "website", "event_source_url": "https://shop.example/", "user_agent": "Mozilla/5.0", "value": 5,
    "currency": "USD", "consent": 2,
}  # fmt: skip


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def sell(destination, number, **person):
    event = {**SALE, "event_id": f"w{number}", "event_time": int(NOW.timestamp()) - 60 * number, **person}
    return track_conversion(destination, event, now=NOW)


def test_health_says_what_became_of_everything(workspace, meta, platform):
    won_deal(workspace)
    tell(meta)
    rows = queued(meta, 6)
    for row, status in zip(rows, ("held", "unknown", "dead", "expired", "rehearsed", "queued"), strict=True):
        ConversionEvent.objects.filter(pk=row.pk).update(status=status)
    (health,) = conversion_health(NOW)
    assert (health.sent, health.waiting, health.held, health.unknown) == (4, 1, 1, 1)
    assert (health.dead, health.expired, health.rehearsed) == (1, 1, 1)
    assert (health.platform, health.is_live, health.meta_score, health.trouble) == ("Meta", True, None, "")
    assert health.readiness > 60 and health.last_sent_at == NOW


def test_metas_own_score_stands_beside_ours_with_the_error_between_them(meta, platform):
    for number in range(6):
        clicked = {"fbc": f"fb.1.{int((NOW - timedelta(days=1)).timestamp() * 1000)}.IwAR0AbC"} if number % 2 else {}
        sell(meta, number, email=f"mary{number}@example.com", phone="+16505551212", external_id="7", ip="203.0.114.9", **clicked)  # fmt: skip
    assert send_conversions(meta, now=NOW) == {"sent": 6}
    assert read_match_quality(meta, now=NOW) == 1
    row = DatasetQuality.objects.get()
    assert {one["identifier"]: one["percentage"] for one in row.match_key_feedback}["fbc"] == 50
    quality = match_quality()
    (name, ours, metas) = quality.compared[0]
    assert name == "Purchase" and 0 < ours <= 10 and 0 < metas <= 10
    assert quality.mean_error == pytest.approx(abs(ours - metas))
    assert conversion_health(NOW)[0].meta_score == metas
    read_match_quality(meta, now=NOW)
    assert DatasetQuality.objects.count() == 1, "once a day"


def test_after_a_month_of_metas_scores_ours_can_be_calibrated(workspace, meta):
    for day in range(30):
        shares = {"em": 0.5 + day / 60, "ph": (day % 7) / 7, "fbc": (day % 5) / 5, "client_ip_address": 1.0}
        feedback = [{"identifier": key, "percentage": 100 * share} for key, share in shares.items()]
        DatasetQuality.objects.create(
            workspace=workspace, destination=meta, event_name="Purchase", day=(NOW - timedelta(days=day)).date(), match_key_feedback=feedback,
            composite_score=3.4 * shares["em"] + 1.9 * shares["ph"] + 1.9 * shares["fbc"] + 0.5, estimated_score=9.0, read_at=NOW,
        )  # fmt: skip
    quality = match_quality()
    assert quality.calibrated_error < 0.2 < quality.mean_error


def test_events_of_a_crm_have_no_score_at_meta(workspace, meta, platform):
    won_deal(workspace)
    tell(meta)
    assert read_match_quality(meta, now=NOW) == 0
    assert match_quality().mean_error is None


def test_the_heartbeat_serves_every_destination(workspace, meta, platform, monkeypatch):
    monkeypatch.setattr("attribution.tasks.now", lambda: NOW)
    won_deal(workspace)
    queue_task()
    send_task()
    assert len(platform.conversions) == 4


@pytest.fixture
def signed_in(client, workspace):
    def sign_in(role):
        user = User.objects.create_user(f"{role}@example.com", "a long secret", is_staff=True)
        Membership.objects.create(workspace=workspace, user=user, role=role)
        client.force_login(user)
        return client

    return sign_in


def act(client, model, action, *rows):
    form = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(reverse(f"admin:attribution_{model}_changelist"), form)


def test_the_health_page_shows_it(signed_in, workspace, meta, platform):
    won_deal(workspace)
    tell(meta)
    page = signed_in("viewer").get("/health/").content.decode()
    assert "What ad platforms are told" in page and "Pixel" in page


def test_an_operator_resends_and_gives_up_in_the_admin(signed_in, meta, platform):
    first, second = queued(meta, 2, status="unknown", reason="no answer")
    client = signed_in("operator")
    page = client.get(reverse("admin:attribution_conversionevent_change", args=[first.pk])).content.decode()
    assert "no answer" in page
    act(client, "conversionevent", "resend", first)
    act(client, "conversionevent", "give_up", second)
    assert dict(ConversionEvent.objects.values_list("pk", "status")) == {first.pk: "queued", second.pk: "dead"}
    assert set(AuditEntry.objects.filter(actor="operator@example.com").values_list("action", flat=True)) == {"conversion resent", "conversion given up"}  # fmt: skip


def test_a_viewer_decides_nothing_and_nobody_edits_the_outbox(signed_in, meta):
    (row,) = queued(meta, 1, status="unknown")
    client = signed_in("viewer")
    act(client, "conversionevent", "resend", row)
    assert ConversionEvent.objects.get().status == "unknown"
    assert client.post(reverse("admin:attribution_conversionevent_change", args=[row.pk]), {"status": "sent"}).status_code == 403  # fmt: skip


def test_an_owner_mends_a_stopped_destination(signed_in, meta):
    ConversionDestination.objects.update(stopped_because="Not sent: token (190).")
    client = signed_in("owner")
    act(client, "conversiondestination", "resume", meta)
    meta.refresh_from_db()
    assert meta.stopped_because == ""
    page = client.get(reverse("admin:attribution_conversiondestination_change", args=[meta.pk])).content.decode()
    assert meta.access_token not in page


HERS = [
    {"email": "Mary@example.com"},
    {"em": sha("mary@example.com")},
    {"ph": "+1 650 555 1212"},
    {"ph": "650.555.1212"},
    {"ph": sha("16505551212")},
    {"external_id": "c77"},
    {"external_id": sha("c77")},
    {"email": "other@example.com", "external_id": "c77"},
]


@pytest.mark.parametrize("phone", ["(650) 555-1212", "+16505551212"])
def test_an_erased_person_leaves_the_outbox_and_does_not_come_back(workspace, meta, platform, phone):
    for number, names in enumerate(HERS):
        sell(meta, number, **names, consent=None if number == 0 else 2)
    sell(meta, 90, email="joe@example.com", ph="(650) 555-1313", external_id="c78")
    who = {"email": "mary@example.com ", "phone": phone, "contact_id": "c77"}
    assert erase_person(workspace, **who, actor="test", now=NOW).conversions == len(HERS)
    left = {event.event_id: (event.status, bool(event.body)) for event in ConversionEvent.objects.all()}
    assert left == {f"w{number}": ("dead", False) for number in range(len(HERS))} | {"w90": ("queued", True)}
    for number, names in enumerate(HERS, start=20):
        event, _ = sell(meta, number, **names)
        assert (event.status, event.reason, event.body) == ("dead", "The person was erased.", "")
    assert send_conversions(meta, now=NOW) == {"sent": 1}
    assert [event["event_id"] for event in platform.conversions] == ["w90"]


def test_what_came_in_while_its_person_was_erased_is_not_sent(workspace, meta, platform):
    event, _ = sell(meta, 1, email="mary@example.com")
    body = event.body
    erase_person(workspace, email="mary@example.com", actor="test", now=NOW)
    ConversionEvent.objects.update(body=body, status="queued")
    assert send_conversions(meta, now=NOW) == {"dead": 1}
    event.refresh_from_db()
    assert (event.reason, event.body, platform.conversions) == ("The person was erased.", "", [])


@pytest.mark.parametrize("country", ["Austria", ""])
def test_a_number_without_its_country_is_the_erased_persons(workspace, meta, country):
    person(workspace, 0, phone="0664 1234567", country=country)
    ConversionDestination.objects.update(default_region="US" if country else "AT")
    meta.refresh_from_db()
    sell(meta, 1, ph="+43 664 1234567")
    assert erase_person(workspace, contact_id="c0", actor="test", now=NOW).conversions == 1
