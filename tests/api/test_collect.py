"""The collector is open to everybody: it stores touchpoints of one workspace, and nothing else it is told."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from attribution.identity import hashed
from attribution.models import IdentityEdge, Touchpoint
from tests.attribution.test_bots import CHROME

KEYS = ("click_hash", "anonymous_hash", "fingerprint_hash", "ip_hash")
PERSONAL = {"anonymous_id": "visitor", "fingerprint": "f", "click_id": "Fb.1", "email": "a@b.c", "ip": "10.0.0.1"}


@pytest.fixture
def collect(mine, caller):
    client = Client(raise_request_exception=False)

    def send(body, raw=None, kind="text/plain", **headers):
        sent = (
            json.dumps({"write_key": mine.workspace.write_key, "touchpoint_id": "t1", **body}) if raw is None else raw
        )
        return client.post("/collect", sent, content_type=kind, headers=headers)

    return send


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"null", b"[]", b"[1]", b'"x"', b"{", b"\xff", b"NaN", b"[" * 16_000, b'{"a":' * 3_000, b"x" * 10_000_000,
        b'{"write_key": "\\ud800"}', b'{"write_key": "\\u0000"}', b'{"write_key": ["wk"]}', b'{"write_key": {"a": 1}}',
        b'{"write_key": null}', b'{"write_key": "wk_nobody"}', b'{"write_key": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda raw: repr(raw[:24]),
)  # fmt: skip
def test_a_body_that_cannot_be_meant_is_refused(collect, raw):
    answer = collect({}, raw=raw)
    assert answer.status_code == 400
    assert answer.json()["status"] == 400
    assert not Touchpoint.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"touchpoint_id": None}, "touchpoint_id"),
        ({"touchpoint_id": "a\x00"}, "touchpoint_id"),
        ({"touchpoint_id": "\ud800"}, "touchpoint_id"),
        ({"kind": "seance"}, "kind"),
        ({"consent": float("nan")}, "consent"),
        ({"consent": "2; DROP"}, "consent"),
        ({"consent": 7}, "consent"),
        ({"occurred_at": "now"}, "occurred_at"),
        ({"anonymous_id": {"a": 1}, "consent": 2}, "anonymous_id"),
        ({"url": "https://shop.example/?utm_id=%00"}, "campaign_id"),
    ],
)
def test_a_field_that_cannot_be_meant_is_named(collect, body, field):
    answer = collect(body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "url", ["http://[", "//[::1", "http://[x]/", "javascript:alert(1)", "\x00", "é", 7, ["x"], "x" * 9000]
)
def test_an_address_that_cannot_be_read_costs_only_itself(collect, url):
    assert collect({"url": url, "landing_path": "/"}).status_code == 204
    assert Touchpoint.objects.get().landing_path == "/"


def test_without_consent_no_identifier_is_stored_and_no_cookie_set(collect):
    answer = collect({**PERSONAL, "consent": 0, "url": "https://shop.example/?fbclid=Fb.1"})
    stored = Touchpoint.objects.get()
    assert (answer.status_code, answer.cookies) == (204, {})
    assert [getattr(stored, key) for key in KEYS] == [None] * 4
    assert (stored.kind, stored.consent) == ("ad_click", 0)


def test_with_consent_identifiers_are_hashes_and_the_ip_is_the_visitors_own(collect):
    answer = collect({**PERSONAL, "consent": 2}, **{"X-Forwarded-For": "6.6.6.6, 203.0.113.9"})
    stored = Touchpoint.objects.get()
    assert all(isinstance(getattr(stored, key), int) for key in KEYS)
    assert answer.cookies["stratum_id"].value == "visitor"
    assert answer.cookies["stratum_id"]["httponly"]
    collect({"touchpoint_id": "t2", "consent": 2}, **{"X-Forwarded-For": "203.0.113.9"})
    assert Touchpoint.objects.get(touchpoint_id="t2").ip_hash == stored.ip_hash, (
        "what the body says of the IP is ignored"
    )


def test_who_has_no_id_gets_one_from_the_server_and_keeps_it(collect):
    answer = collect({"consent": 1})
    visitor = answer.json()["anonymous_id"]
    assert (answer.status_code, answer.cookies["stratum_id"].value) == (200, visitor)
    assert collect({"touchpoint_id": "t2", "consent": 1, "anonymous_id": visitor}).status_code == 204
    first, second = Touchpoint.objects.order_by("id")
    assert first.anonymous_hash == second.anonymous_hash


def test_the_cookie_goes_before_what_the_page_kept_and_both_are_known_as_one_browser(collect, mine):
    collect({"consent": 1, "anonymous_id": "kept by the server"[:3]})
    answer = collect({"touchpoint_id": "t2", "consent": 1, "anonymous_id": "new"})
    assert answer.json() == {"anonymous_id": "kep"}
    first, second = Touchpoint.objects.order_by("id")
    assert first.anonymous_hash == second.anonymous_hash
    assert not IdentityEdge.objects.exists(), "a machine joins nothing"
    collect({"touchpoint_id": "t3", "consent": 1, "anonymous_id": "new"}, **{"User-Agent": CHROME})
    edge = IdentityEdge.objects.get()
    assert {edge.left_hash, edge.right_hash} == {hashed(mine.workspace.pk, "anonymous", one) for one in ("kep", "new")}
    assert edge.source == "tag"


def test_consent_that_is_taken_back_takes_the_cookie_away(collect):
    collect({"consent": 2, "anonymous_id": "visitor"})
    answer = collect({"touchpoint_id": "t2", "consent": 0})
    assert answer.cookies["stratum_id"]["max-age"] == 0
    assert Touchpoint.objects.get(touchpoint_id="t2").anonymous_hash is None


SEEN = "2026-11-01T10:00:00+00:00"
SEEN_MS = 1_793_527_200_000


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"url": "https://shop.example/?fbclid=IwAbC&gclid=x", "click_id_seen_at": SEEN}, ("fbclid", f"fb.1.{SEEN_MS}.IwAbC", "")),
        ({"url": "https://shop.example/?gclid=EAIaIQ"}, ("gclid", "", "")),
        ({"url": "https://shop.example/?gbraid=0AAAA"}, ("gbraid", "", "")),
        ({"url": "https://shop.example/?wbraid=CjkK"}, ("wbraid", "", "")),
        ({"url": "https://shop.example/", "fbc": "fb.1.1554763741205.AbCd", "fbp": "fb.1.1558571054389.1098115397"}, ("", "fb.1.1554763741205.AbCd", "fb.1.1558571054389.1098115397")),
        ({"url": "https://shop.example/", "fbc": "AbCd", "fbp": "fb.1.x"}, ("", "", "")),
        ({"url": "https://shop.example/?fbclid=IwAbC", "consent": 1, "fbp": "fb.1.1558571054389.1"}, ("fbclid", "", "")),
    ],
)  # fmt: skip
def test_click_ids_are_kept_as_their_platforms_want_them(collect, body, kept):
    assert collect({"consent": 2, **body}, **{"User-Agent": CHROME}).status_code == 200
    stored = Touchpoint.objects.get()
    assert (stored.click_id_kind, stored.fbc, stored.fbp) == kept
    assert stored.user_agent == (CHROME if body.get("consent", 2) == 2 else "")
    assert not stored.is_bot


def test_a_machine_is_marked_whatever_it_says_of_itself(collect):
    collect({"consent": 2, "is_bot": False, "user_agent": CHROME}, **{"User-Agent": "Googlebot/2.1"})
    assert Touchpoint.objects.get().is_bot


@pytest.mark.parametrize("visitor", ["😀", "a b", "a;b=c", 'a"b', "a\r\nSet-Cookie: x=y", "é"])
def test_an_id_that_no_cookie_can_hold_is_stored_and_sets_none(collect, visitor):
    answer = collect({"anonymous_id": visitor, "consent": 2})
    assert (answer.status_code, answer.cookies) == (204, {})
    assert Touchpoint.objects.get().anonymous_hash


def test_a_page_of_another_origin_may_send(collect):
    origin = {"Origin": "https://shop.example"}
    asked = Client().options("/collect", headers={**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"})  # fmt: skip
    assert (asked.status_code, asked["Access-Control-Allow-Headers"]) == (204, "Content-Type")
    for answer in (asked, collect({}, **origin), collect({}, raw=b"{", **origin)):
        assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
        assert answer["Vary"] == "Origin"
    assert Client().get("/collect").status_code == 405


def test_a_write_key_writes_in_its_own_workspace_and_reads_nothing(collect, mine, theirs):
    assert collect({}).content == b""
    assert list(Touchpoint.everywhere.values_list("workspace_id", flat=True)) == [mine.workspace.pk]
    for path in ("changes", "roas/metrics"):
        answer = Client().get(f"/api/{path}", headers={"Authorization": f"Bearer {mine.workspace.write_key}"})
        assert answer.status_code == 401
