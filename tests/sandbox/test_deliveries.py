"""Deliveries are signed, repeated until taken, and touchpoints arrive as a tag or an import would send them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hubspot.utils.signature import Signature

from stratum.sandbox import Sandbox
from tests.sandbox.calls import Caller
from tests.sandbox.conftest import SMALL, Listener


@pytest.fixture
def control(fresh: Sandbox) -> Caller:
    return Caller(fresh.crm_url, fresh.config.crm_token)


def flush(control: Caller) -> dict:
    return control.post("/control/deliver/flush", {"seconds": 10})[1]


def test_the_vendors_own_check_accepts_the_signature(control: Caller, fresh: Sandbox, listener: Listener) -> None:
    control.post("/control/lead", {"amount": 120, "currency": "USD"})
    flush(control)
    headers, raw = listener.received[0]
    known = {"client_secret": fresh.config.client_secret, "http_uri": listener.url, "signature_version": "v3"}
    signature, timestamp = headers["x-hubspot-signature-v3"], headers["x-hubspot-request-timestamp"]
    assert Signature.is_valid(signature=signature, request_body=raw.decode(), timestamp=timestamp, **known)
    assert not Signature.is_valid(signature=signature, request_body=raw.decode() + " ", timestamp=timestamp, **known)


def test_a_deals_life_is_told(control: Caller, listener: Listener) -> None:
    deal = control.post("/control/lead", {"amount": 120})[1]["deal_id"]
    control.post("/control/deal", {"deal_id": deal, "amount": 150})
    control.post("/control/deal", {"deal_id": deal, "stage": "won"})
    control.post("/control/deal", {"deal_id": deal, "delete": True})
    control.post("/control/deal", {"deal_id": deal, "restore": True})
    flush(control)
    events = sorted(
        (event for event in listener.events() if event["objectId"] == int(deal)), key=lambda event: event["occurredAt"]
    )
    told = {
        (event["subscriptionType"].split(".")[1], event.get("propertyName"), event.get("propertyValue"))
        for event in events
    }
    assert told == {
        ("creation", None, None),
        ("propertyChange", "amount", "150"),
        ("propertyChange", "dealstage", "closedwon"),
        ("deletion", None, None),
        ("restore", None, None),
    }
    assert {event["attemptNumber"] for event in events} == {0}


def test_a_merge_names_both_and_the_new_one(control: Caller, listener: Listener) -> None:
    first, second = (control.post("/control/lead", {"amount": 1})[1]["deal_id"] for _ in range(2))
    merged = control.post("/control/deal", {"deal_id": second, "merge_into": first})[1]["deal_id"]
    flush(control)
    [event] = [event for event in listener.events() if event["subscriptionType"] == "deal.merge"]
    assert (event["primaryObjectId"], event["mergedObjectIds"], event["newObjectId"]) == (
        int(first),
        [int(second)],
        int(merged),
    )


def test_a_clients_change_triggers_events_like_any_other(control: Caller, listener: Listener) -> None:
    deal = control.post("/control/lead", {"amount": 1})[1]["deal_id"]
    control.patch(f"/crm/v3/objects/deals/{deal}", {"properties": {"amount": "77"}})
    flush(control)
    assert [e["changeSource"] for e in listener.events() if e.get("propertyValue") == "77"] == ["INTEGRATION"]


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_any_refusal_is_tried_again(control: Caller, listener: Listener, status: int) -> None:
    listener.statuses = [status, status]
    control.post("/control/lead", {"amount": 1})
    for _ in range(3):
        flush(control)
    [delivery] = control.get("/control/deliveries")[1]["deliveries"]
    assert [attempt["status"] for attempt in delivery["attempts"]] == [status, status, 200]
    assert [json.loads(raw)[0]["attemptNumber"] for _, raw in listener.received] == [0, 1, 2]


def test_nobody_at_home_is_given_up_after_ten_retries() -> None:
    config = replace(SMALL, history_days=0, webhook_url="http://127.0.0.1:9/", delivery_retry_seconds=(0.01,) * 10)
    with Sandbox(config).start() as sandbox:
        sandbox.perform("lead", {"amount": 1})
        for _ in range(12):
            sandbox.webhooks.flush(5)
        assert sandbox.webhooks.counts()["given_up"] == 1
        assert len(sandbox.webhooks.deliveries[1].attempts) == 11


@pytest.mark.parametrize("fault, copies", [("deliver_duplicates", 2), ("drop_delivery", 0), ("deliver_disorder", 1)])
def test_deliveries_can_go_wrong(control: Caller, listener: Listener, fault: str, copies: int) -> None:
    control.post("/control/faults", {"name": fault})
    deal = control.post("/control/lead", {"amount": 1})[1]["deal_id"]
    flush(control)
    assert [event["objectId"] for event in listener.events()].count(int(deal)) == copies


def test_history_comes_in_hundreds_and_every_event_once(listener: Listener) -> None:
    config = replace(SMALL, webhook_url=listener.url)
    with Sandbox(config).start() as sandbox:
        sandbox.webhooks.flush(20)
        assert len(listener.events()) == len(sandbox.world.events)
    sizes = [len(json.loads(raw)) for _, raw in listener.received]
    assert max(sizes) == 100
    assert len([size for size in sizes if size < 100]) <= 1


def test_generic_events_are_among_the_classic_ones(shared: Sandbox) -> None:
    generic = [event.body for event in shared.world.events if event.body["subscriptionType"] == "object.propertyChange"]
    assert generic
    assert all(body["objectTypeId"] == "0-3" for body in generic)
    watched = {event.body.get("propertyName") for event in shared.world.events} - {None}
    assert watched <= {"dealstage", "amount", "pipeline", "deal_currency_code"}


def test_clicks_come_as_an_import_and_then_one_by_one(listener: Listener) -> None:
    config = replace(
        SMALL, history_days=1, ingest_url=listener.url, api_key="key", collect_url=listener.url, write_key="public",
    )  # fmt: skip
    with Sandbox(config).start() as sandbox:
        assert sandbox.touchpoints.flush(10)
        headers, raw = listener.received[0]
        rows = json.loads(raw)["touchpoints"]
        assert headers["authorization"] == "Bearer key"
        assert headers["idempotency-key"]
        assert len(rows) == sum(click.seen for click in sandbox.world.clicks)
        denied = [row for row in rows if row["consent"] == 0]
        assert denied
        assert all(row["anonymous_id"] is row["fingerprint"] is row["ip"] is None for row in denied)
        listener.received.clear()
        ad = next(iter(sandbox.world.ads))
        made = sandbox.perform("click", {"ad_id": ad, "send": True, "fingerprint": "f" * 32})
        assert sandbox.touchpoints.flush(10)
    headers, raw = listener.received[0]
    assert json.loads(raw) == made["body"]
    assert headers["x-forwarded-for"] == made["ip"]
    assert made["click_id"] in made["body"]["url"]


def test_an_unreachable_collector_never_stops_the_market() -> None:
    config = replace(SMALL, history_days=0, collect_url="http://127.0.0.1:9/collect", write_key="public")
    with Sandbox(config).start() as sandbox:
        sandbox.advance(hours=12)
        assert sandbox.touchpoints.pending() > 0
        assert sandbox.world.tick == 12


def test_truth_names_the_ad_of_a_made_deal(control: Caller, fresh: Sandbox) -> None:
    ad = next(iter(fresh.world.ads))
    clicked = control.post("/control/click", {"ad_id": ad})[1]
    caused = control.post("/control/lead", {"click_id": clicked["click_id"], "amount": 100})[1]
    organic = control.post("/control/lead", {"amount": 100})[1]
    origins = {row["deal_id"]: row["ad_id"] for row in control.get("/control/truth")[1]["deals"]}
    assert (origins[caused["deal_id"]], origins[organic["deal_id"]]) == (ad, None)
    contact = control.get(
        f"/crm/v3/objects/contacts/{caused['contact_id']}", properties="hs_facebook_click_id,stratum_ip"
    )[1]
    assert contact["properties"]["hs_facebook_click_id"] == clicked["click_id"]
    assert contact["properties"]["stratum_ip"] == clicked["ip"]


@pytest.mark.parametrize(
    "path, body",
    [("click", {"ad_id": "1"}), ("lead", {"click_id": "x"}), ("deal", {"deal_id": "1"}), ("faults", {"name": "rain"})],
)
def test_controls_say_what_they_cannot_do(control: Caller, path: str, body: dict) -> None:
    status, answer = control.post(f"/control/{path}", body)
    assert status == 400
    assert answer["error"]
