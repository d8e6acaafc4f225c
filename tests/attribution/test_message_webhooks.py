"""Webhooks of message providers: their own published signatures, and a journey from the raw body to touches."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.test import Client

from attribution.actions.touches.parse_messages import parse_messages
from attribution.domain.message_signatures import sendgrid_refusal, twilio_refusal, twilio_signature
from attribution.identity import hashed
from attribution.models import Contact, MessageConnection, MessageDelivery, MessageEvent, Touchpoint
from stratum.core.clock import now
from tests.attribution.test_bots import CHROME

VECTORS = json.loads(Path(__file__).with_name("message_signature_vectors.json").read_text())
SENDGRID, TWILIO = VECTORS["sendgrid"], VECTORS["twilio"]
TOKEN = "twilio-token"


def sendgrid(**changes):
    given = {**SENDGRID, "now": int(SENDGRID["timestamp"]) + 5, **changes}
    body = given["payload"].encode()
    return sendgrid_refusal(given["public_key"], given["signature"], given["timestamp"], body, now=given["now"])


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({}, None),
        ({"payload": SENDGRID["payload"].strip()}, "wrong signature"),
        ({"timestamp": "1600112503"}, "wrong signature"),
        ({"now": int(SENDGRID["timestamp"]) + 601}, "timestamp too old or in the future"),
        ({"now": int(SENDGRID["timestamp"]) - 601}, "timestamp too old or in the future"),
        ({"timestamp": ""}, "no signature or no timestamp"),
        ({"timestamp": "١٢٣"}, "no signature or no timestamp"),
        ({"signature": ""}, "no signature or no timestamp"),
        ({"signature": "AAAA"}, "wrong signature"),
        ({"signature": "not base64"}, "unreadable key or signature"),
        ({"public_key": ""}, "unreadable key or signature"),
    ],
)
def test_sendgrids_own_example_is_believed_and_nothing_beside_it(changes, refused):
    assert sendgrid(**changes) == refused


def test_twilios_own_examples_are_believed_and_nothing_beside_them():
    token, fields, uri = TWILIO["auth_token"], list(TWILIO["params"].items()), TWILIO["uri"]
    assert twilio_refusal(token, TWILIO["signature"], uri, fields, b"x") is None
    assert twilio_refusal(token, TWILIO["signature"], uri, [*fields, ("To", "+1")], b"x") == "wrong signature"
    assert twilio_refusal(token, TWILIO["signature"], uri + "3", fields, b"x") == "wrong signature"
    assert twilio_refusal(token, "", uri, fields, b"x") == "no signature or no token"
    assert twilio_refusal("", TWILIO["signature"], uri, fields, b"x") == "no signature or no token"
    assert twilio_refusal(token, "é", uri, fields, b"x") == "wrong signature"
    assert twilio_signature(token, uri, parse_qsl(TWILIO["duplicate_params_query"])) == TWILIO["duplicate_signature"]
    body, uri = TWILIO["json_body"].encode(), TWILIO["json_uri"]
    assert twilio_refusal(token, TWILIO["json_signature"], uri, [], body) is None
    changed = twilio_refusal(token, TWILIO["json_signature"], uri, [], body + b" ")
    assert changed == "the body is not the one that was signed"
    bare = twilio_signature(token, "https://x.example/", [])
    assert twilio_refusal(token, bare, "https://x.example/", [], body) == "a body that nothing signs"


@pytest.fixture
def key():
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def sendgrid_account(workspace, key):
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    secret = base64.b64encode(public).decode()
    return MessageConnection.objects.create(workspace=workspace, provider="sendgrid", name="News", secret=secret, consent=1)  # fmt: skip


@pytest.fixture
def send(sendgrid_account, key):
    def post(events, signer=key, at=None):
        body, timestamp = json.dumps(events).encode() + b"\r\n", str(int(at or time.time()))
        signature = base64.b64encode(signer.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))).decode()
        names = ("X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp")
        headers = dict(zip(names, (signature, timestamp), strict=True))
        return Client().post("/webhooks/email/sendgrid/", body, content_type="application/json", headers=headers)

    return post


def told(number, kind, **more):
    return {"sg_event_id": f"e{number}", "event": kind, "timestamp": int(now().timestamp()), "email": "Ann@Example.com", **more}  # fmt: skip


def test_opens_and_clicks_become_touches_once_and_machines_are_marked(workspace, send):
    events = [
        told(1, "delivered"),
        told(2, "open", useragent=CHROME, category=["spring", "x"], ip="66.249.84.1"),
        told(3, "click", useragent=CHROME, category="spring"),
        told(4, "open", useragent=CHROME, sg_machine_open=True),
        told(5, "click", useragent="Barracuda Sentinel (EE)"),
        told(6, "unsubscribe"),
    ]
    assert send(events).json() == {"stored": True}
    assert not Touchpoint.objects.exists(), "stored first, read later"
    assert parse_messages() == 1
    assert send(events).status_code == 200
    assert send([*events[:3], told(7, "open", useragent=CHROME)]).status_code == 200
    while parse_messages():
        pass
    assert MessageEvent.objects.count() == 7
    first, second = MessageDelivery.objects.order_by("id")
    assert (first.times_received, first.accepted, first.duplicate, first.dead) == (2, 6, 0, 0)
    assert (second.accepted, second.duplicate) == (1, 3)
    touches = Touchpoint.objects.order_by("id").values_list("kind", "campaign_external_id", "is_bot", "email_hash")
    ann = hashed(workspace.pk, "email", "ann@example.com")
    assert list(touches) == [
        ("email", "spring", False, ann),
        ("email", "spring", False, ann),
        ("email", "", True, ann),
        ("email", "", True, ann),
        ("email", "", False, ann),
    ]


def test_what_cannot_be_read_is_counted_with_its_reason_and_holds_up_nothing(send):
    events = [told(1, "open"), {"event": "open"}, 7, told(2, "seance"), told(3, "open", timestamp="soon"), told(4, "open", email="\x00")]  # fmt: skip
    send(events)
    send({"no": "array"})
    while parse_messages():
        pass
    first, second = MessageDelivery.objects.order_by("id")
    assert (first.accepted, first.duplicate, first.dead) == (1, 0, 5)
    assert [one["position"] for one in first.problems] == [1, 2, 3, 4, 5]
    assert (second.dead, second.problems) == (1, [{"position": -1, "reason": "the body is no JSON array"}])


def test_what_nobody_signed_is_refused(send, sendgrid_account):
    stranger = ec.generate_private_key(ec.SECP256R1())
    assert send([told(1, "open")], signer=stranger).status_code == 401
    assert send([told(1, "open")], at=time.time() - 3600).status_code == 401
    MessageConnection.objects.update(is_active=False)
    assert send([told(1, "open")]).status_code == 401
    assert not MessageDelivery.objects.exists()
    for path in ("email/twilio", "sms/sendgrid", "email/pigeon"):
        assert Client().post(f"/webhooks/{path}/").status_code == 404


def test_without_consent_touches_are_counted_and_name_nobody(send, sendgrid_account):
    MessageConnection.objects.update(consent=0)
    send([told(1, "open", useragent=CHROME)])
    parse_messages()
    touch = Touchpoint.objects.get()
    assert (touch.email_hash, touch.consent) == (None, 0)


def test_a_text_message_that_arrived_is_a_touch_of_the_person_with_that_number(workspace):
    MessageConnection.objects.create(workspace=workspace, provider="twilio", name="SMS", secret=TOKEN, consent=1)
    keys = {"phone_hash": hashed(workspace.pk, "phone", "+15551234567"), "email_hash": 42}
    Contact.objects.create(workspace=workspace, external_id="7", updated_at=now(), **keys)
    path = "/webhooks/sms/twilio/"
    for status in ("sent", "delivered", "delivered", "read"):
        fields = {"MessageSid": "SM1", "MessageStatus": status, "To": "+15551234567", "MessagingServiceSid": "MG9"}
        signature = twilio_signature(TOKEN, f"{settings.PUBLIC_URL}{path}", list(fields.items()))
        answer = Client().post(
            path, "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in fields.items()),
            content_type="application/x-www-form-urlencoded", headers={"X-Twilio-Signature": signature},
        )  # fmt: skip
        assert answer.status_code == 200
    body = json.dumps({"event_type": "click", "sms_sid": "SM1", "to": "+15551234567", "click_time": "2026-11-20T10:00:00Z", "user_agent": CHROME}).encode()  # fmt: skip
    query = f"?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = twilio_signature(TOKEN, f"{settings.PUBLIC_URL}{path}{query}", [])
    answer = Client().post(path + query, body, content_type="application/json", headers={"X-Twilio-Signature": signature})  # fmt: skip
    assert answer.status_code == 200
    while parse_messages():
        pass
    assert sorted(MessageEvent.objects.values_list("kind", flat=True)) == ["click", "delivered", "sent"]
    assert list(Touchpoint.objects.values_list("kind", "email_hash", "is_bot")) == [("sms", 42, False)] * 2
