"""Bulk ingest under hostile hands: never a 5xx, and every refused row is told which field and why."""

from __future__ import annotations

import json

import pytest

from attribution.models import Deal, Touchpoint
from stratum.core.models import AdDay
from tests.api.conftest import fields_of, is_problem

DAY = {"date": "2026-11-02", "ad_id": "a1", "spend": "1.50", "impressions": 10, "clicks": 2}
CLICK = {"touchpoint_id": "t1", "occurred_at": "2026-11-01T00:00:00Z", "kind": "ad_click", "ad_id": "a1", "consent": 2}
DEAL = {"deal_id": "d1", "created_at": "2026-11-01T00:00:00Z", "amount": "100.00", "stage_probability": "0.4"}
KINDS = {"ad-days": ("ad_days", DAY), "touchpoints": ("touchpoints", CLICK), "deals": ("deals", DEAL)}
LONG = "x" * 3000


@pytest.mark.parametrize(
    ("path", "changes", "field", "reason"),
    [
        ("ad-days", {"date": "2026-13-01"}, "date", "must be a day"),
        ("ad-days", {"date": "0001-01-01"}, "date", "cannot be meant"),
        ("ad-days", {"date": "9999-12-31"}, "date", "cannot be meant"),
        ("ad-days", {"date": None}, "date", "is missing"),
        ("ad-days", {"ad_id": ["a"]}, "ad_id", "must be text"),
        ("ad-days", {"ad_id": "a\x00"}, "ad_id", "NUL"),
        ("ad-days", {"ad_id": "a\ud800"}, "ad_id", "surrogate"),
        ("ad-days", {"ad_id": "x" * 161}, "ad_id", "longer than 160"),
        ("ad-days", {"spend": "-1"}, "spend", "at least 0"),
        ("ad-days", {"spend": "NaN"}, "spend", "finite"),
        ("ad-days", {"spend": "1e400"}, "spend", "below"),
        ("ad-days", {"spend": True}, "spend", "must be a number"),
        ("ad-days", {"spend": {"a": 1}}, "spend", "must be a number"),
        ("ad-days", {"impressions": 1.5}, "impressions", "whole"),
        ("ad-days", {"impressions": 10**12}, "impressions", "below"),
        ("ad-days", {"clicks": "٣x"}, "clicks", "must be a number"),
        ("touchpoints", {"kind": "seance"}, "kind", "must be one of"),
        ("touchpoints", {"kind": []}, "kind", "must be one of"),
        ("touchpoints", {"kind": "\ud800"}, "kind", "must be one of"),
        ("touchpoints", {"occurred_at": "2026-11-01T00:00:00"}, "occurred_at", "needs an offset"),
        ("touchpoints", {"occurred_at": "0001-01-01T00:00:00Z"}, "occurred_at", "cannot be meant"),
        ("touchpoints", {"consent": 3}, "consent", "between 0 and 2"),
        ("touchpoints", {"email": "a\x00@b.c"}, "email", "NUL"),
        ("touchpoints", {"click_id": LONG}, "click_id", "longer than"),
        ("deals", {"stage_probability": 40}, "stage_probability", "at most 1"),
        ("deals", {"stage_probability": -0.1}, "stage_probability", "at least 0"),
        ("deals", {"is_won": "perhaps"}, "is_won", "true or false"),
        ("deals", {"amount": "Infinity"}, "amount", "finite"),
        ("deals", {"currency": "DOLLARS"}, "currency", "ISO 4217"),
    ],
)
def test_a_bad_row_is_named_and_the_good_ones_are_stored(caller, path, changes, field, reason):
    name, row = KINDS[path]
    bad = {**row, **changes}
    answer = caller.post(path, {name: [row, bad]})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["received"], body["stored"], body["rejected"]) == (2, 1, 1)
    assert [(error["row"], error["field"]) for error in body["errors"]] == [(1, field)]
    assert reason in body["errors"][0]["reason"]
    assert len(body["errors"][0]["reason"]) < 300


@pytest.mark.parametrize("path", KINDS)
@pytest.mark.parametrize("row", [None, 1, "text", [], [1], True, {}])
def test_a_row_that_is_no_object_is_told_so(caller, path, row):
    body = caller.post(path, {KINDS[path][0]: [row]}).json()
    assert (body["stored"], body["rejected"]) == (0, 1)
    assert {error["row"] for error in body["errors"]} == {0}
    if not isinstance(row, dict):
        assert [error["reason"] for error in body["errors"]] == [f"must be an object, not {type(row).__name__}"]


def deep(levels):
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize("path", KINDS)
@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"null", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'[{"a": 1}]', "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff\xfe{}", "application/json", 400),
        (b'{"NAME": {}}', "application/json", 400),
        (b'{"NAME": null}', "application/json", 400),
        (b'{"NAME": [{"spend": NaN}]}', "application/json", 400),
        (b'{"NAME": [{"spend": -Infinity}]}', "application/json", 400),
        (b'{"NAME": [' + b"9" * 5000 + b"]}", "application/json", 400),
        (b'{"NAME": [' + deep(100_000) + b"]}", "application/json", 400),
        (b'{"NAME": [' + deep(200) + b"]}", "application/json", 200),
        (b'{"NAME": [{"x": "\\ud800", "\\udfff": "\\u0000"}]}', "application/json", 200),
        (b'{"NAME": [{"x": "' + b"y" * 10_000_000 + b'"}]}', "application/json", 200),
        (b" " * (16 * 2**20 + 1), "application/json", 413),
        (b'{"NAME": []}', "application/json; charset=utf-16", 200),
        (b'{"NAME": []}', "application/json; charset=zlib", 200),
        (b'{"NAME": []}', "text/plain", 415),
        (b"NAME=1", "application/x-www-form-urlencoded", 415),
        (b"--x\r\n", "multipart/form-data; boundary=x", 415),
        (b'{"NAME": []}', "", 415),
    ],
    ids=lambda value: repr(value)[:40],
)
@pytest.mark.parametrize("key", [None, "k1"])
def test_a_body_that_cannot_be_meant_is_a_problem_and_never_a_crash(caller, path, raw, kind, status, key):
    headers = {"Idempotency_Key": key} if key else {}
    answer = caller.post(path, raw=raw.replace(b"NAME", KINDS[path][0].encode()), kind=kind, **headers)
    assert answer.status_code == 200 if status == 200 else is_problem(answer, status)


@pytest.mark.parametrize("path", KINDS)
def test_five_thousand_rows_are_taken_and_one_more_is_not(caller, path):
    name, row = KINDS[path]
    answer = caller.post(path, {name: [row] * 5001})
    assert is_problem(answer, 400)
    assert fields_of(answer) == {name}
    assert "5000" in answer.json()["errors"][0]["reason"]
    body = caller.post(path, {name: [row] * 5000}).json()
    assert {"received": 5000, "stored": 1, "rejected": 0, "merged": 4999, "errors": []}.items() <= body.items()


def test_the_same_rows_sent_again_change_nothing(caller):
    for path, (name, row) in KINDS.items():
        counts = [caller.post(path, {name: [row]}).status_code for _ in range(3)]
        assert counts == [200] * 3
    assert AdDay.objects.filter(ad__external_id="a1").count() == Touchpoint.objects.count() == Deal.objects.count() == 1
    assert Deal.objects.get().revision == 1


def test_amounts_in_another_currency_are_refused_or_left_without_value(caller):
    answer = caller.post("ad-days", {"ad_days": [DAY | {"currency": "EUR"}]})
    assert is_problem(answer, 400)
    assert fields_of(answer) == {"currency"}
    assert caller.post("deals", {"deals": [DEAL | {"currency": "eur"}, DEAL | {"deal_id": "d2", "currency": "usd"}]}).json()["stored"] == 2  # fmt: skip
    assert dict(Deal.objects.values_list("external_id", "value")) == {"d1": 0, "d2": 4000}


@pytest.mark.parametrize("comment", [1, None, [], "x" * 2001, "a\x00", "\ud800", {"a": 1}, "fine 👍"])
def test_a_comment_is_text_that_can_be_stored(caller, mine, comment):
    answer = caller.post(f"changes/{mine.change.pk}/approve", raw=json.dumps({"comment": comment}).encode())
    if comment in (1, None, "fine 👍"):
        assert answer.json()["comment"] == {1: "1", None: ""}.get(comment, comment)
    else:
        assert is_problem(answer, 400)
        assert fields_of(answer) == {"comment"}
