"""The sandbox holds to what Meta and Google say of conversions, and keeps a book of what took effect."""

from __future__ import annotations

import time

import pytest

from stratum.sandbox import Sandbox
from tests.sandbox.calls import Caller

HASH = "a" * 64
EVENTS = "/v26.0/880011223344556/events"


def event(sandbox, **changes):
    at = int(sandbox.now().timestamp()) - 60
    return {"event_name": "Lead", "event_time": at, "event_id": "e1", "action_source": "system_generated", "user_data": {"em": [HASH]}, **changes}  # fmt: skip


def book(graph):
    return graph.get("/control/conversions")[1]


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ({"em": [HASH]}, 200),
        ({"em": HASH}, 200),
        ({"em": ["mary@example.com"]}, 400),
        ({"em": [HASH], "ph": ["16505551212"]}, 400),
        ({"em": [HASH], "fbc": "fb.1.1700000000000.AbC", "lead_id": 123456789012345}, 200),
        ({"db": [HASH], "client_user_agent": "x"}, 400),
    ],
)
def test_what_must_be_hashed_is_hashed(shared: Sandbox, graph: Caller, person, status):
    assert graph.post(EVENTS, {"data": [event(shared, user_data=person)]})[0] == status


def test_a_hash_where_none_may_be_gives_no_error_and_matches_nobody(shared: Sandbox, graph: Caller):
    before = book(graph)["counts"]["hashed_by_mistake"]
    assert graph.post(EVENTS, {"data": [event(shared, user_data={"em": [HASH], "fbp": HASH})]})[0] == 200
    assert book(graph)["counts"]["hashed_by_mistake"] == before + 1


def test_repeats_and_refusals_are_counted(shared: Sandbox, graph: Caller):
    before = book(graph)["counts"]
    once = event(shared, event_id="unique")
    graph.post(EVENTS, {"data": [once, once, {**once, "event_name": "Other"}]})
    graph.post(EVENTS, {"data": [event(shared, event_time=1)]})
    after = book(graph)["counts"]
    assert {key: after[key] - before[key] for key in after} == {"received": 3, "repeated": 1, "refused": 1, "hashed_by_mistake": 0}  # fmt: skip


def test_one_event_can_be_refused_for_a_reason_of_its_own(shared: Sandbox, graph: Caller):
    graph.post("/control/faults", {"name": "refuse_event", "event": "Odd", "times": None})
    assert graph.post(EVENTS, {"data": [event(shared), event(shared, event_name="Odd")]})[0] == 400
    assert graph.post(EVENTS, {"data": [event(shared)]})[0] == 200


def test_only_events_of_websites_have_a_match_quality(shared: Sandbox, graph: Caller):
    page = {"action_source": "website", "event_source_url": "https://x.example/"}
    graph.post(EVENTS, {"data": [event(shared, event_name="Viewed"), event(shared, event_name="Bought", **page, user_data={"em": [HASH], "client_user_agent": "x"})]})  # fmt: skip
    rows = graph.get("/v26.0/dataset_quality", dataset_id="880011223344556")[1]["web"]
    assert [row["event_name"] for row in rows] == ["Bought"]
    assert 0 < rows[0]["event_match_quality"]["composite_score"] < 10


def ingest(graph, *events, **more):
    body = {"destinations": [{"productDestinationId": "7"}], "events": list(events), "encoding": "HEX", **more}
    return graph.post("/v1/events:ingest", body)


def google_event(sandbox, **changes):
    at = sandbox.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    known = {"userIdentifiers": [{"emailAddress": HASH}]}
    return {"transactionId": "t1", "eventTimestamp": at, "eventSource": "OTHER", "userData": known, **changes}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"transactionId": ""}, "events[1].transactionId"),
        ({"eventTimestamp": "soon"}, "events[1].eventTimestamp"),
        ({"eventTimestamp": "2020-01-01T00:00:00Z"}, "events[1].eventTimestamp"),
        ({"userData": {}}, "events[1].userData"),
        ({"userData": {"userIdentifiers": [{"emailAddress": "a@b.co"}]}}, "events[1].userData"),
        ({"adIdentifiers": {"gclid": "a", "wbraid": "b"}}, "events[1]"),
    ],
)
def test_google_refuses_the_request_and_names_the_field(shared: Sandbox, graph: Caller, changes, field):
    before = len(book(graph)["google"])
    status, body = ingest(graph, google_event(shared), google_event(shared, **changes))
    assert (status, body["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert body["error"]["details"][0]["fieldViolations"][0]["field"] == field
    assert len(book(graph)["google"]) == before


def test_google_takes_at_once_and_answers_later(shared: Sandbox, graph: Caller):
    status, body = ingest(graph, google_event(shared))
    path = "/v1/requestStatus:retrieve"
    state = graph.get(path, requestId=body["requestId"])[1]["requestStatusPerDestination"][0]
    assert (status, state["requestStatus"]) == (200, "PROCESSING")
    time.sleep(0.25)
    assert graph.get(path, requestId=body["requestId"])[1]["requestStatusPerDestination"][0]["requestStatus"] == "SUCCESS"  # fmt: skip
    assert [one["transactionId"] for one in book(graph)["google"]] == ["t1"]
    ingest(graph, google_event(shared, transactionId="t2"), validateOnly=True)
    assert len(book(graph)["google"]) == 1, "a check has no effect"
    assert graph.get(path, requestId="no")[0] == 404
