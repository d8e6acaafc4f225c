"""Conversions over HTTP: preview says exactly what would be sent, track lays it into the outbox once, event-quality scores it."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest

from attribution.actions.conversions.connect_destination import connect_destination
from attribution.actions.conversions.send_conversions import send_conversions
from attribution.models import ConversionEvent
from stratum.core.clock import now
from stratum.core.tenancy import in_workspace
from stratum.sandbox import Sandbox, SandboxConfig
from tests.api.conftest import fields_of, is_problem

SITE = {
    "action_source": "website",
    "event_source_url": "https://shop.example/thanks",
    "user_agent": "Mozilla/5.0",
    "consent": 2,
}


def sale(**changes):
    return {"event_name": "Purchase", "event_time": int(now().timestamp()) - 60, "event_id": "order-7", "email": "Mary@Example.com", "phone": "(650) 555-1212",
            "value": 12.5, "currency": "usd", **SITE, **changes}  # fmt: skip


@pytest.fixture
def destination(caller, mine):
    return connect_destination(mine.workspace, actor="test", platform="meta", name="Pixel", external_id="880011223344556", default_region="US",
                               access_token="graph-sandbox-token", dry_run=False)  # fmt: skip


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_preview_is_the_request_to_the_letter_and_sends_nothing(caller, destination):
    shown = caller.post("ml/meta-capi/preview", {"event": sale()}).json()
    assert (shown["method"], shown["path"]) == ("POST", "/v26.0/880011223344556/events")
    (event,) = shown["body"]["data"]
    assert event["user_data"] == {"em": [sha("mary@example.com")], "ph": [sha("16505551212")], "client_user_agent": "Mozilla/5.0"}  # fmt: skip
    assert (event["event_id"], event["custom_data"]) == ("order-7", {"value": 12.5, "currency": "USD"})
    assert shown["would_be_sent"] and shown["findings"] == []
    assert shown["readiness"]["level"] in ("good", "fair", "excellent")
    assert not ConversionEvent.objects.exists()


def test_what_is_previewed_is_what_meta_gets(caller, destination, settings):
    with Sandbox(SandboxConfig(history_days=1, deliver_history=False)).start() as market:
        settings.META_GRAPH_URL = market.graph_url
        event = sale()
        shown = caller.post("ml/meta-capi/preview", event).json()
        queued = caller.post("ml/meta-capi/track", event).json()
        assert (queued["status"], queued["event_id"], queued["dry_run"]) == ("queued", "order-7", False)
        assert send_conversions(destination, now=now()) == {"sent": 1}
        assert [{k: v for k, v in one.items() if k != "pixel_id"} for one in market.conversions] == shown["body"]["data"]  # fmt: skip
    row = ConversionEvent.objects.get()
    assert (row.status, row.body, row.value) == ("sent", "", 1250)


def test_the_same_event_is_queued_once_with_and_without_an_id(caller, destination):
    for event in (sale(), sale(event_id=None, order=1)):
        answers = [caller.post("ml/meta-capi/track", {"event": event}).json() for _ in range(2)]
        assert answers[0] == answers[1]
    assert ConversionEvent.objects.count() == 2


def test_an_id_stands_for_one_event_only(caller, destination):
    first = sale()
    assert caller.post("ml/meta-capi/track", first).status_code == 200
    other = caller.post("ml/meta-capi/track", {**first, "event_name": "Lead"})
    assert is_problem(other, 400) and fields_of(other) == {"event_id"}
    assert ConversionEvent.objects.get().name == "Purchase"


def test_an_event_at_rest_is_unreadable(caller, destination, django_db_blocker):
    from django.db import connection

    caller.post("ml/meta-capi/track", sale())
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(e)::text FROM attribution_conversionevent e")
        assert "mary" not in cursor.fetchone()[0].lower()


@pytest.mark.parametrize(("consent", "kept"), [(None, True), (1, False), (0, False)])
def test_without_consent_it_is_held_and_of_who_said_no_nothing_is_kept(caller, destination, consent, kept):
    answer = caller.post("ml/meta-capi/track", sale(consent=consent)).json()
    assert answer["status"] == "held"
    assert bool(ConversionEvent.objects.get().body) == kept


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"event_time": 1_600_000_000}, "event_time"),
        ({"event_time": 1_700_000_000_000}, "event_time"),
        ({"event_time": None}, "event_time"),
        ({"currency": None}, "value"),
        ({"event_name": ""}, "event_name"),
        ({"event_source_url": ""}, "event_source_url"),
        ({"action_source": "crm"}, "action_source"),
        ({"email": "nobody", "phone": "12"}, "user_data"),
        ({"event_id": "x" * 65}, "event_id"),
        ({"value": "much"}, "value"),
        *(({"currency": one}, "currency") for one in ("US$", "kr.", "NT$", "XYZ", "840", 840, "€", "XXX", "dollars")),
        ({"event_name": "Lead", "currency": None}, "currency"),
        ({"test_event_code": "TEST123"}, "test_event_code"),
        ({"action_source": "app"}, "app_data"),
        ({"action_source": "app", "app_data": {"extinfo": ["i2"]}}, "app_data"),
        ({"action_source": "business_messaging"}, "messaging_channel"),
        ({"messaging_channel": "fax"}, "messaging_channel"),
        ({"data_processing_options": "LDU"}, "data_processing_options"),
        ({"custom_data": "order 7"}, "custom_data"),
        ({"user_data": ["Mary"]}, "user_data"),
    ],
)
def test_what_meta_would_refuse_is_refused_here_with_the_field(caller, destination, changes, field):
    answer = caller.post("ml/meta-capi/track", {"event": sale(**changes)})
    assert is_problem(answer, 400)
    assert field in fields_of(answer)
    assert not ConversionEvent.objects.exists()


@pytest.mark.parametrize("code", ["US$", "kr.", "NT$", "XYZ", "840", "€"])
@pytest.mark.parametrize("platform", ["meta", "google"])
def test_a_preview_stops_what_is_no_currency_in_use(caller, mine, platform, code):
    for event in (sale(currency=code), sale(currency=None, custom_data={"currency": code})):
        shown = caller.post("ml/meta-capi/preview", {"event": event, "platform": platform}).json()
        assert not shown["would_be_sent"]
        assert ("currency", "unknown_currency", True) in [
            (one["field"], one["code"], one["stops"]) for one in shown["findings"]
        ]


APP = {"advertiser_tracking_enabled": 1, "application_tracking_enabled": 0, "extinfo": ["i2", "com.shop", "1.0"]}


@pytest.mark.parametrize(
    "given",
    [
        {"action_source": "app", "app_data": APP},
        {"action_source": "business_messaging", "messaging_channel": "whatsapp", "user_data": {"ctwa_clid": "abc", "page_id": "1"}},
        {"opt_out": True, "referrer_url": "https://google.example/"},
        {"customer_segmentation": "new_customer_to_business", "original_event_data": {"event_name": "Purchase", "event_time": 1}},
        {"custom_data": {"order_id": "7", "contents": [{"id": "a", "quantity": 1}]}},
    ],
)  # fmt: skip
def test_what_is_given_beside_the_known_fields_is_passed_on_and_google_says_that_it_is_not(caller, mine, given):
    shown = caller.post("ml/meta-capi/preview", {"event": sale(**given)}).json()
    (event,) = shown["body"]["data"]
    passed = {
        name: value for name, value in event.items() if name in given and name not in ("custom_data", "user_data")
    }
    assert passed == {name: value for name, value in given.items() if name not in ("custom_data", "user_data")}
    assert event["custom_data"].items() >= given.get("custom_data", {}).items()
    assert event["user_data"].items() >= given.get("user_data", {}).items()
    assert shown["would_be_sent"]
    google = caller.post("ml/meta-capi/preview", {"event": sale(**given), "platform": "google"}).json()
    named = {
        one["field"].partition(".")[2] or one["field"] for one in google["findings"] if one["code"] == "not_passed_on"
    }
    expected = {name for name in given if name not in ("action_source", "custom_data", "user_data")} | set(
        given.get("custom_data", ())
    )
    assert named == expected


def test_a_field_that_nobody_knows_is_named_and_not_dropped_in_silence(caller, destination):
    given = sale(emial="x@y.z", order_id="7", user_data={"em": "mary@example.com", "favourite": "tea"})
    for path in ("preview", "track"):
        answer = caller.post(f"ml/meta-capi/{path}", given).json()
        named = {one["field"] for one in answer["findings"] if one["code"] == "not_passed_on"}
        assert named == {"emial", "order_id", "user_data.favourite"}


def test_an_event_is_sent_with_what_is_passed_on(caller, destination, settings):
    with Sandbox(SandboxConfig(history_days=1, deliver_history=False)).start() as market:
        settings.META_GRAPH_URL = market.graph_url
        event = sale(action_source="app", app_data=APP, fbclid="IwAR0AbC", clicked_at=int(now().timestamp()) + 86_400)
        tracked = caller.post("ml/meta-capi/track", event).json()
        assert [(one["field"], one["stops"]) for one in tracked["findings"]] == [("fbclid", False)]
        assert send_conversions(destination, now=now()) == {"sent": 1}
        assert market.conversions[0]["app_data"] == APP and "fbc" not in market.conversions[0]["user_data"]


def test_event_quality_counts_no_click_after_the_event(caller, mine):
    event = {"event_time": int(now().timestamp()) - 3600, "email": "m@example.com", "fbclid": "IwAR0AbC"}
    scores = [
        caller.post(
            "ml/event-quality", {"event": event | {"clicked_at": event["event_time"] + late}, "platform": "meta"}
        ).json()
        for late in (-60, 1800)
    ]
    assert scores[0]["score"] > scores[1]["score"]
    assert "after the event" in scores[1]["flawed_fields"]["click_id"]


def test_an_event_may_ask_for_limited_data_use_itself(caller, destination):
    given = sale(data_processing_options=["LDU"], data_processing_options_country=1, data_processing_options_state=1000)
    event = caller.post("ml/meta-capi/preview", given).json()["body"]["data"][0]
    assert (event["data_processing_options"], event["data_processing_options_state"]) == (["LDU"], 1000)
    assert caller.post("ml/meta-capi/preview", sale()).json()["body"]["data"][0]["data_processing_options"] == []


def test_a_preview_tells_what_stands_in_the_way(caller, destination):
    late = int((now() - timedelta(days=8)).timestamp())
    shown = caller.post("ml/meta-capi/preview", {"event": sale(event_time=late, phone="650", ip="10.0.0.1", consent=None)}).json()  # fmt: skip
    assert not shown["would_be_sent"]
    assert {one["field"]: one["stops"] for one in shown["findings"]} == {"event_time": True, "ph": False, "client_ip_address": False, "consent": True}  # fmt: skip


def test_a_preview_needs_no_connection_and_google_has_its_own_shape(caller, mine):
    shown = caller.post("ml/meta-capi/preview", {"event": sale(), "default_region": "US"}).json()
    assert (shown["destination"], shown["path"]) == (None, "/v26.0/{dataset_id}/events")
    google = caller.post("ml/meta-capi/preview", {"event": sale(gclid="AbC"), "platform": "google"}).json()
    assert google["path"] == "/v1/events:ingest"
    assert google["body"]["encoding"] == "HEX" and google["body"]["validateOnly"] is True
    assert google["body"]["events"][0]["adIdentifiers"]["gclid"] == "AbC"
    assert is_problem(caller.post("ml/meta-capi/track", {"event": sale()}), 404)


def test_scopes_and_walls(caller, destination, mine, theirs):
    assert is_problem(mine.holding("read").post("ml/meta-capi/track", sale()), 403)
    assert mine.holding("read").post("ml/meta-capi/preview", sale()).status_code == 200
    assert is_problem(theirs.caller.post("ml/meta-capi/track", {"event": sale(), "destination": destination.pk}), 404)
    with in_workspace(theirs.workspace):
        assert not ConversionEvent.objects.exists()


def test_an_idempotency_key_is_honoured(caller, destination):
    event = sale(event_id=None)
    first, second = (caller.post("ml/meta-capi/track", event, Idempotency_Key="k") for _ in range(2))
    assert first.json() == second.json() and second.headers["Idempotent-Replay"] == "true"


QUALITY = [
    ("meta", {"email": "a@b.co"}, 25, "poor"),
    ("meta", {"user_data": {"em": [sha("a@b.co")], "ph": sha("1"), "fbc": "fb.1.1700000000000.AbC"}}, 65, "good"),
    ("meta", {"email": "a@b.co", "phone": "1", "click_id": "x", "ip": "8.8.8.8", "user_agent": "x", "external_id": 7}, 100, "excellent"),
    ("google", {"email": "a@b.co", "gclid": "x"}, 50, "fair"),
    ("google", {"email": "a@b.co", "phone": "1", "gclid": "x", "ip": "8.8.8.8", "user_agent": "x", "external_id": "7"}, 100, "excellent"),
    ("meta", {}, 0, "poor"),
]  # fmt: skip


@pytest.mark.parametrize(("platform", "event", "score", "level"), QUALITY)
def test_the_default_profile_adds_up(caller, platform, event, score, level):
    found = caller.post("ml/event-quality", {"platform": platform, "event": event}).json()
    assert (found["score"], found["level"], found["profile"]) == (score, level, "default")
    assert len(found["recommendations"]) == len(found["missing_fields"])
    assert 0 <= found["estimated_attribution_accuracy"] <= 1 and 0 <= found["roas_impact_estimate"] <= 1
    assert "Estimates" in found["basis"]


def test_the_quality_profile_looks_at_the_values(caller):
    event = {"user_data": {"lead_id": "123456789012345"}, "action_source": "system_generated"}
    found = caller.post("ml/event-quality", {"platform": "meta", "profile": "quality", "event": event}).json()
    assert (found["profile"], found["level"]) == ("crm", "excellent")
    web = caller.post("ml/event-quality", {"platform": "meta", "profile": "quality", "event": {"em": sha("")}}).json()
    assert (web["profile"], web["score"]) == ("web", 0)
    assert "email" in web["flawed_fields"]


@pytest.mark.parametrize("body", [{}, {"platform": "x", "event": {}}, {"platform": "meta", "event": 3}, {"platform": "meta", "profile": "x", "event": {}},
                                  {"platform": "meta", "event": {"clicked_at": "soon"}}])  # fmt: skip
def test_what_cannot_be_scored_is_a_problem(caller, body):
    assert is_problem(caller.post("ml/event-quality", body), 400)


HOSTILE = [{"birth_date": "1/1/" + "9" * 30}, {"fbc": "fb.1." + "9" * 5000 + ".x"}, {"fb_login_id": "9" * 5000}, {"phone": "+" + "9" * 5000},
           {"user_agent": "\ud800"}, {"email": "\x00@\x00.\x00\x00"}, {"custom_data": {"x": "\udc00"}}, {"event_id": "\x00"}, {"user_data": []},
           {"custom_data": 3}, {"country": ["\x00", {}, None, 1.5, True]}, {"value": 1e300}, {"event_time": -1}, {"click_id": {"a": 1}}]  # fmt: skip


@pytest.mark.parametrize("where", ["custom_data", "user_data", "value", "email", "x"])
@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity"])
@pytest.mark.parametrize("path", ["ml/meta-capi/preview", "ml/meta-capi/track", "ml/event-quality"])
def test_a_number_that_is_not_finite_is_a_problem_wherever_it_stands(caller, destination, path, where, number):
    body = json.dumps({"platform": "meta", "event": sale(**{where: {"deep": ["HERE"]}})}).replace('"HERE"', number)
    assert is_problem(caller.post(path, raw=body.encode()), 400)
    assert not ConversionEvent.objects.exists()


@pytest.mark.parametrize("changes", HOSTILE, ids=lambda one: repr(one)[:30])
@pytest.mark.parametrize("path", ["ml/meta-capi/preview", "ml/meta-capi/track", "ml/event-quality"])
def test_no_value_breaks_it(caller, destination, path, changes):
    for profile in ("default", "web", "crm"):
        body = {"platform": "meta", "profile": profile, "event": sale(**changes)}
        assert caller.post(path, body).status_code in (200, 400)
