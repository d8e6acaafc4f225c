from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from attribution.actions.crm.connect_crm import connect_crm
from attribution.actions.crm.dismiss_dead_letter import dismiss_dead_letter
from attribution.actions.crm.parse_inbox import parse_inbox
from attribution.actions.crm.quarantine_delivery import MOST_ROWS
from attribution.actions.crm.release_quarantine import release_quarantine
from attribution.actions.crm.replay_dead_letter import replay_dead_letter
from attribution.connections import forget_portals
from attribution.domain.hubspot_events import read_delivery
from attribution.models import CrmEvent, DeadLetter, DealRefresh, InboxDelivery, QuarantinedDelivery
from attribution.selectors import intake
from stratum.core.models import User
from tests.attribution.deliveries import body_of, deliver, event

FIXTURES = Path(__file__).parent / "hubspot"
DEEP = b"[" + body_of(event(1)) + b"," + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"," + body_of(event(2)) + b"]"


def raw(event_body: dict, **texts: str) -> bytes:
    """An event with fields given as JSON text, for what json.dumps would not write."""
    return (json.dumps(event_body)[:-1] + "".join(f', "{name}": {text}' for name, text in texts.items()) + "}").encode()


def between_good_ones(*bad: bytes) -> bytes:
    return b"[" + b",".join([body_of(event(1)), *bad, body_of(event(2))]) + b"]"


BASE = event(7)
WITHOUT = {
    name: value
    for name, value in BASE.items()
    if name not in ("objectId", "eventId", "propertyValue", "occurredAt", "portalId")
}
COMPLETE = {**WITHOUT, "portalId": 33, "occurredAt": 1, "eventId": 7, "objectId": 8}


@pytest.mark.parametrize(
    ("body", "accepted", "reason"),
    [
        (b"not json", 0, "not JSON"),
        (b"", 0, "not JSON"),
        (b"\xff\xfe", 0, "utf-8"),
        (b"null", 0, "NoneType"),
        (b"true", 0, "bool"),
        (b'"text"', 0, "str"),
        (b'{"objectId": 1}', 0, "dict"),
        (b"[1, 2]", 0, "must be an object"),
        (b'["[]"]', 0, "must be an object"),
        (b"[" + body_of(event(1)), 0, "does not end"),
        (b"[" * 50_000, 0, "does not end"),
        (DEEP, 2, "nested too deeply"),
        (between_good_ones(raw(COMPLETE, objectId="NaN")), 2, "objectId"),
        (between_good_ones(raw(COMPLETE, objectId="Infinity")), 2, "objectId"),
        (between_good_ones(raw(COMPLETE, objectId="9" * 5000)), 2, "objectId"),
        (between_good_ones(raw(COMPLETE, objectId="1e400")), 2, "objectId"),
        (between_good_ones(raw(COMPLETE, objectId="1.0")), 2, "objectId"),
        (between_good_ones(raw(COMPLETE, eventId="1.5")), 2, "eventId"),
        (between_good_ones(raw(COMPLETE, eventId="[1]")), 2, "eventId"),
        (between_good_ones(raw(COMPLETE, eventId="true")), 2, "eventId"),
        (between_good_ones(raw(COMPLETE, eventId='"7"')), 2, "eventId"),
        (between_good_ones(raw(COMPLETE, eventId=str(2**63))), 2, "eventId"),
        (between_good_ones(raw(COMPLETE, eventId="-1")), 2, "eventId"),
        (between_good_ones(raw(COMPLETE, occurredAt="99999999999999999")), 2, "occurredAt"),
        (between_good_ones(raw(COMPLETE, propertyValue=r'"a\u0000b"')), 2, "propertyValue"),
        (between_good_ones(raw(COMPLETE, propertyValue=r'"\ud800"')), 2, "propertyValue"),
        (between_good_ones(raw(COMPLETE, propertyValue="{}")), 2, "propertyValue"),
        (between_good_ones(raw(COMPLETE, portalId="34")), 2, "portal 34"),
        (between_good_ones(b"{}"), 2, "subscriptionType"),
        (between_good_ones(raw(WITHOUT)), 2, "portalId"),
        (between_good_ones(b"{nonsense}"), 2, "not JSON"),
    ],
)
def test_a_hostile_signed_body_is_taken_and_only_its_bad_part_dies(client, portal, body, accepted, reason):
    assert deliver(client, body).status_code == 200
    parse_inbox()
    delivery = InboxDelivery.objects.get()
    assert (delivery.accepted, delivery.dead >= 1) == (accepted, True)
    assert any(reason in letter.reason for letter in DeadLetter.objects.all()), [
        one.reason for one in DeadLetter.objects.all()
    ]
    assert CrmEvent.objects.count() == accepted


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("webhook*")), ids=lambda p: p.stem)
def test_real_deliveries_are_accepted(client, workspace, path):
    accept(client, workspace, json.loads(path.read_text()))


@pytest.mark.parametrize("family", ["docs_old", "live_new_format"])
def test_both_documented_families_are_accepted(client, workspace, family):
    accept(client, workspace, json.loads((FIXTURES / "hubspot_webhook_payloads.json").read_text())[family])


def accept(client, workspace, events):
    connect_crm(workspace, portal_id=events[0]["portalId"], access_token="t", client_secret="secret", actor="test")
    assert deliver(client, body_of(events)).status_code == 200
    parse_inbox()
    assert InboxDelivery.objects.values_list("accepted", "dead").get() == (len(events), 0)
    deals = [one for one in events if str(one.get("subscriptionType", one.get("eventType"))).startswith("deal.")]
    assert DealRefresh.objects.count() == len({one["objectId"] for one in deals})


ASSOCIATED = {"fromObjectId": 4, "toObjectId": 3, "associationRemoved": False}
GENERIC = {"subscriptionType": "object.associationChange"}


@pytest.mark.parametrize(
    ("changes", "deals"),
    [
        ({"subscriptionType": "object.propertyChange", "objectTypeId": "0-3"}, {"9001"}),
        ({"subscriptionType": "object.propertyChange", "objectTypeId": "0-1"}, set()),
        ({"subscriptionType": "contact.propertyChange"}, set()),
        (
            {"subscriptionType": "deal.merge", "primaryObjectId": 9001, "mergedObjectIds": [5, 6], "newObjectId": 8},
            {"9001", "5", "6", "8"},
        ),
        (
            {
                "subscriptionType": "deal.associationChange",
                "associationType": "DEAL_TO_CONTACT",
                "fromObjectId": 4,
                "toObjectId": 3,
            },
            {"4"},
        ),
        (ASSOCIATED | {"subscriptionType": "contact.associationChange", "associationType": "CONTACT_TO_DEAL"}, {"3"}),
        (ASSOCIATED | GENERIC | {"fromObjectTypeId": "0-3", "toObjectTypeId": "0-1"}, {"4"}),
        (ASSOCIATED | GENERIC | {"fromObjectTypeId": "0-1", "toObjectTypeId": "0-3", "associationTypeId": 4}, {"3"}),
        (ASSOCIATED | GENERIC | {"fromObjectTypeId": "0-3", "toObjectTypeId": "0-3"}, {"3", "4"}),
        (ASSOCIATED | GENERIC | {"fromObjectTypeId": "0-1", "toObjectTypeId": "0-2"}, set()),
        (ASSOCIATED | GENERIC | {"associationTypeId": 3, "associationCategory": "HUBSPOT_DEFINED"}, {"4"}),
        (ASSOCIATED | GENERIC | {"associationTypeId": "4"}, {"3"}),
        (ASSOCIATED | GENERIC | {"associationTypeId": 3, "associationCategory": "USER_DEFINED"}, {"3", "4"}),
        (ASSOCIATED | GENERIC | {"objectTypeId": "0-1", "associationTypeId": 99}, {"3"}),
        (ASSOCIATED | GENERIC | {"objectTypeId": "0-3", "associationType": "DEAL_TO_CONTACT"}, {"4"}),
    ],
)
def test_an_event_queues_each_deal_it_speaks_of(client, portal, changes, deals):
    deliver(client, body_of([event(1, **changes)]))
    parse_inbox()
    assert set(DealRefresh.objects.values_list("deal_external_id", flat=True)) == deals


def test_a_retry_of_the_same_event_counts_once(client, portal):
    for attempt in range(3):
        deliver(client, body_of([event(1, attemptNumber=attempt)]))
    deliver(client, body_of([event(1, attemptNumber=0)]))
    parse_inbox()
    assert CrmEvent.objects.count() == 1
    figures = intake()
    assert (figures.deliveries, figures.repeated, figures.accepted, figures.duplicate, figures.dead) == (3, 1, 1, 3, 0)


def test_events_that_share_an_id_are_different_events(client, portal):
    deliver(
        client, body_of([event(1, propertyName="amount"), event(1, propertyName="dealstage"), event(1, objectId=5)])
    )
    parse_inbox()
    assert CrmEvent.objects.count() == 3


def test_a_wrong_signature_is_refused_and_held_within_bounds(client, portal):
    assert deliver(client, body_of([event(1)]), secret="wrong").status_code == 401
    assert client.post("/webhooks/hubspot/", b"[]", content_type="application/json").status_code == 401
    assert (InboxDelivery.objects.count(), QuarantinedDelivery.objects.count()) == (0, 2)
    QuarantinedDelivery.objects.bulk_create(
        [QuarantinedDelivery(received_at="2026-01-01T00:00Z", reason="x", body=b"") for _ in range(MOST_ROWS)]
    )
    assert deliver(client, body_of([event(2)]), secret="wrong").status_code == 401
    assert QuarantinedDelivery.objects.count() == MOST_ROWS + 2


def test_what_our_own_wrong_secret_refused_is_released_later(client, portal):
    portal.client_secret = "outdated"
    portal.save()
    forget_portals()
    deliver(client, body_of([event(1)]))
    held = QuarantinedDelivery.objects.get()
    assert not release_quarantine(held, actor="test")
    a_new_secret(client, portal, "secret")
    assert release_quarantine(held, actor="test")
    assert (InboxDelivery.objects.count(), QuarantinedDelivery.objects.count()) == (1, 0)


def a_new_secret(client, portal, secret):
    """As an owner gives it, in the admin."""
    client.force_login(User.objects.create_superuser("owner@example.com", "correct horse"))
    form = {"name": portal.name, "portal_id": portal.portal_id, "client_secret": secret, "is_active": "on"}
    answer = client.post(f"/admin/attribution/crmconnection/{portal.pk}/change/", form)
    assert answer.status_code == 302, answer.content[:2000]


def test_both_secrets_are_live_during_a_rotation(client, portal):
    a_new_secret(client, portal, "newer")
    assert [deliver(client, body_of([event(n)]), secret=s).status_code for n, s in enumerate(["secret", "newer"])] == [
        200,
        200,
    ]


def test_a_dead_letter_goes_through_once_its_cause_is_gone(client, portal, monkeypatch):
    monkeypatch.setattr("attribution.domain.hubspot_events.MAX_VALUE", 20)
    deliver(client, body_of([event(1), event(2, propertyValue="longer than twenty letters")]))
    parse_inbox()
    assert not replay_dead_letter(DeadLetter.objects.get(), actor="test")
    monkeypatch.undo()
    assert replay_dead_letter(DeadLetter.objects.get(), actor="test")
    assert set(CrmEvent.objects.values_list("object_id", flat=True)) == {"9001", "9002"}
    assert InboxDelivery.objects.values_list("accepted", "duplicate", "dead").get() == (2, 0, 0)
    assert not DeadLetter.objects.exists()


def test_a_dismissed_letter_is_no_longer_open(client, portal):
    deliver(client, b"not json")
    parse_inbox()
    dismiss_dead_letter(DeadLetter.objects.get(), actor="test")
    assert (intake().dead, intake().open_dead_letters) == (1, 0)


def test_a_delivery_that_breaks_the_parser_holds_up_no_other(client, portal, monkeypatch):
    deliver(client, body_of([event(1)]))
    deliver(client, body_of([event(2)]))
    monkeypatch.setattr("attribution.actions.crm.parse_inbox.read_delivery", fails_on(b"9001"))
    parse_inbox()
    assert set(CrmEvent.objects.values_list("object_id", flat=True)) == {"9002"}
    assert DeadLetter.objects.get().reason == "the parser failed: ZeroDivisionError"
    monkeypatch.undo()
    assert replay_dead_letter(DeadLetter.objects.get(), actor="test")
    assert CrmEvent.objects.count() == 2


def fails_on(text):
    def read(body):
        return 1 // 0 if text in body else read_delivery(body)

    return read


@pytest.mark.django_db(transaction=True)
def test_the_same_delivery_a_hundred_times_in_eight_threads_counts_once(portal):
    body = body_of([event(1), event(2)])

    def send(_):
        try:
            status = deliver(Client(), body).status_code
            parse_inbox()
        finally:
            connection.close()
        return status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(send, range(100))) == {200}
    parse_inbox()
    assert InboxDelivery.objects.values_list("times_received", "accepted", "duplicate", "dead").get() == (100, 2, 0, 0)
    assert CrmEvent.objects.count() == 2


def test_any_order_of_events_queues_the_same_deals(client, portal):
    events = [event(n) for n in range(40)]
    random.Random(5).shuffle(events)
    for start in range(0, 40, 7):
        deliver(client, body_of(events[start : start + 7]))
    parse_inbox()
    assert DealRefresh.objects.count() == CrmEvent.objects.count() == 40
