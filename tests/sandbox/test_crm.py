"""The CRM answers in strings, limits searches, and keeps merged ids alive."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from stratum.sandbox import Sandbox
from tests.sandbox.calls import Caller
from tests.sandbox.conftest import SMALL

DEALS = "/crm/v3/objects/deals"


def search(crm: Caller, *filters: dict, **more) -> tuple[int, dict]:
    return crm.post(f"{DEALS}/search", {"filterGroups": [{"filters": list(filters)}] if filters else [], **more})


def condition(name: str, operator: str, value: str | None = None, **more) -> dict:
    return {"propertyName": name, "operator": operator, **({"value": value} if value is not None else {}), **more}


def test_a_wrong_token_is_401(shared: Sandbox) -> None:
    assert Caller(shared.crm_url, "wrong").get(DEALS)[0] == 401


def test_pipelines_speak_in_strings(crm: Caller) -> None:
    pipelines = crm.get("/crm/v3/pipelines/deals")[1]["results"]
    won = next(stage for stage in pipelines[1]["stages"] if stage["metadata"]["probability"] == "1.0")
    assert won["id"].isdigit()
    assert won["metadata"]["isClosed"] == "true"


def test_every_value_is_text_or_null(crm: Caller) -> None:
    wanted = "amount,hs_is_closed_won,hs_deal_stage_probability,amount_in_home_currency,no_such_property"
    rows = crm.get(DEALS, properties=wanted, limit=100)[1]["results"]
    assert all(value is None or isinstance(value, str) for row in rows for value in row["properties"].values())
    assert any(row["properties"]["amount"] is None for row in rows)
    assert rows[0]["properties"]["no_such_property"] is None


def test_lists_page_to_the_end_with_associations(crm: Caller) -> None:
    seen, after = [], None
    while True:
        body = crm.get(DEALS, limit=40, associations="contacts", **({"after": after} if after else {}))[1]
        seen += body["results"]
        after = body.get("paging", {}).get("next", {}).get("after")
        if after is None:
            break
    assert len({row["id"] for row in seen}) == len(seen) > 60
    assert seen[0]["associations"]["contacts"]["results"][0]["type"] == "deal_to_contact"


def test_batch_read_is_207_when_something_is_missing(crm: Caller) -> None:
    known = crm.get(DEALS, limit=1)[1]["results"][0]["id"]
    status, body = crm.post(f"{DEALS}/batch/read", {"inputs": [{"id": known}, {"id": "1"}], "properties": ["amount"]})
    assert (status, len(body["results"]), body["errors"][0]["context"]["ids"]) == (207, 1, ["1"])


def test_associations_come_in_batches(crm: Caller) -> None:
    deal = crm.get(DEALS, limit=1)[1]["results"][0]["id"]
    one = crm.get(f"/crm/v4/objects/deals/{deal}/associations/contacts")[1]["results"]
    status, body = crm.post("/crm/v4/associations/deals/contacts/batch/read", {"inputs": [{"id": deal}, {"id": "1"}]})
    assert status == 207
    assert body["results"][0]["to"] == one
    assert body["errors"][0]["subCategory"].endswith("NO_ASSOCIATIONS_FOUND")


@pytest.mark.parametrize(
    "conditions, keep",
    [
        ([condition("hs_is_closed_won", "EQ", "true")], lambda p: p["hs_is_closed_won"] == "true"),
        ([condition("amount", "GTE", "400")], lambda p: p["amount"] and float(p["amount"]) >= 400),
        (
            [condition("amount", "BETWEEN", "100", highValue="200")],
            lambda p: p["amount"] and 100 <= float(p["amount"]) <= 200,
        ),
        ([condition("amount", "NOT_HAS_PROPERTY")], lambda p: not p["amount"]),
        (
            [condition("dealstage", "IN", values=["closedwon", "closedlost"])],
            lambda p: p["dealstage"].startswith("closed"),
        ),
        ([condition("createdate", "LT", "1763500000000")], lambda p: False),
        ([condition("createdate", "GT", "2026-11-19T00:00:00Z")], lambda p: p["createdate"] > "2026-11-19T00:00:00Z"),
        (
            [condition("amount", "HAS_PROPERTY"), condition("hs_is_closed", "EQ", "false")],
            lambda p: p["amount"] and p["hs_is_closed"] == "false",
        ),
    ],
)
def test_search_filters(shared: Sandbox, crm: Caller, conditions: list[dict], keep) -> None:
    expected = sum(bool(keep(deal.properties)) for deal in shared.world.crm.alive("deals"))
    assert search(crm, *conditions)[1]["total"] == expected


def test_search_sorts_and_pages_with_text_cursors(crm: Caller) -> None:
    order = {
        "sorts": [{"propertyName": "hs_lastmodifieddate", "direction": "DESCENDING"}],
        "properties": ["hs_lastmodifieddate"],
    }
    first = search(crm, limit=3, **order)[1]
    second = search(crm, limit=3, after=first["paging"]["next"]["after"], **order)[1]
    dates = [row["properties"]["hs_lastmodifieddate"] for row in first["results"] + second["results"]]
    assert first["paging"]["next"]["after"] == "3"
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize(
    "wanted",
    [
        {"limit": 201},
        {"limit": 200, "after": "9900"},
        {"after": "x"},
        {"filterGroups": [{}] * 6},
        {"filterGroups": [{"filters": [{}] * 7}]},
    ],
)
def test_search_refuses_what_is_too_much(crm: Caller, wanted: dict) -> None:
    assert crm.post(f"{DEALS}/search", wanted)[0] == 400


def test_the_sixth_search_in_a_second_is_429_without_a_date() -> None:
    with Sandbox(replace(SMALL, history_days=1, search_per_second=5)).start() as sandbox:
        crm = Caller(sandbox.crm_url, sandbox.config.crm_token)
        answers = [crm.session.post(f"{crm.url}{DEALS}/search", json={}, timeout=5) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429]
        assert answers[5].json()["policyName"] == "SECONDLY"
        assert "retry-after" not in answers[5].headers
        assert not any(name.lower().startswith("x-hubspot-ratelimit") for name in answers[0].headers)


def test_the_index_lags_behind_the_record() -> None:
    with Sandbox(replace(SMALL, history_days=1, search_lag_seconds=0.4)).start() as sandbox:
        crm = Caller(sandbox.crm_url, sandbox.config.crm_token)
        made = crm.post(DEALS, {"properties": {"dealname": "New", "dealstage": "appointmentscheduled", "amount": "5"}})[
            1
        ]
        found = condition("hs_object_id", "EQ", made["id"])
        assert search(crm, found)[1]["total"] == 0
        assert crm.get(f"{DEALS}/{made['id']}")[0] == 200
        time.sleep(0.45)
        assert search(crm, found)[1]["total"] == 1


def test_an_empty_page_may_still_go_on(crm: Caller) -> None:
    crm.post("/control/faults", {"name": "empty_page_with_after"})
    empty = search(crm)[1]
    assert empty["results"] == []
    assert empty["paging"]["next"]["after"] == "0"
    assert search(crm, after="0")[1]["results"]


def test_a_closed_stage_computes_the_rest(crm: Caller) -> None:
    made = crm.post(
        DEALS, {"properties": {"dealstage": "appointmentscheduled", "amount": "92", "deal_currency_code": "EUR"}}
    )[1]
    crm.patch(f"{DEALS}/{made['id']}", {"properties": {"dealstage": "closedwon"}})
    wanted = "hs_is_closed,hs_is_closed_won,hs_deal_stage_probability,amount_in_home_currency,closedate"
    held = crm.get(f"{DEALS}/{made['id']}", properties=wanted)[1]["properties"]
    assert (held["hs_is_closed"], held["hs_is_closed_won"], held["hs_deal_stage_probability"]) == (
        "true",
        "true",
        "1.0",
    )
    assert held["amount_in_home_currency"] == "100.00"
    assert held["closedate"]


def test_an_unknown_stage_is_refused(crm: Caller) -> None:
    assert crm.post(DEALS, {"properties": {"dealstage": "dreaming"}})[0] == 400


def test_a_deleted_deal_is_404_but_listed_as_archived(crm: Caller) -> None:
    made = crm.post(DEALS, {"properties": {"dealstage": "appointmentscheduled"}})[1]["id"]
    assert crm.delete(f"{DEALS}/{made}") == 204
    assert crm.get(f"{DEALS}/{made}")[0] == 404
    assert made in [row["id"] for row in crm.get(DEALS, archived="true", limit=100)[1]["results"]]


def test_the_old_ids_of_merged_deals_lead_to_a_new_one(crm: Caller) -> None:
    ids = [crm.post("/control/lead", {"amount": 10})[1]["deal_id"] for _ in range(2)]
    merged = crm.post("/control/deal", {"deal_id": ids[0], "merge_into": ids[1]})[1]["deal_id"]
    assert merged not in ids
    assert {crm.get(f"{DEALS}/{old}")[1]["id"] for old in ids} == {merged}


def test_histories_come_newest_first_and_fifty_at_most(crm: Caller) -> None:
    made = crm.post("/control/lead", {"amount": 10, "pipeline": "default"})[1]["deal_id"]
    crm.post("/control/deal", {"deal_id": made, "stage": "won"})
    wanted = {"inputs": [{"id": made}], "properties": ["amount"], "propertiesWithHistory": ["dealstage"]}
    row = crm.post(f"{DEALS}/batch/read", wanted)[1]["results"][0]
    stages = [then["value"] for then in row["propertiesWithHistory"]["dealstage"]]
    assert stages == ["closedwon", "appointmentscheduled"]
    assert crm.post(f"{DEALS}/batch/read", wanted | {"inputs": [{"id": str(n)} for n in range(51)]})[0] == 400


def test_a_stage_set_up_anew_keeps_its_id_and_moves_no_deal(crm: Caller) -> None:
    made = crm.post("/control/lead", {"amount": 10, "pipeline": "default"})[1]["deal_id"]
    wanted = "hs_lastmodifieddate,hs_deal_stage_probability"
    before = crm.get(f"{DEALS}/{made}", properties=wanted)[1]["properties"]
    crm.post("/control/stage", {"stage": "appointmentscheduled", "label": "Hello", "probability": 0.25})
    after = crm.get(f"{DEALS}/{made}", properties=wanted)[1]["properties"]
    assert (before["hs_deal_stage_probability"], after["hs_deal_stage_probability"]) == ("0.2", "0.25")
    assert before["hs_lastmodifieddate"] == after["hs_lastmodifieddate"]
    stage = crm.get("/crm/v3/pipelines/deals")[1]["results"][0]["stages"][0]
    assert (stage["id"], stage["label"], stage["metadata"]["probability"]) == ("appointmentscheduled", "Hello", "0.25")


def test_a_merged_deal_names_those_that_went_into_it(crm: Caller) -> None:
    ids = [crm.post("/control/lead", {"amount": 10})[1]["deal_id"] for _ in range(2)]
    merged = crm.post("/control/deal", {"deal_id": ids[0], "merge_into": ids[1]})[1]["deal_id"]
    held = crm.get(f"{DEALS}/{merged}", properties="hs_merged_object_ids")[1]["properties"]
    assert set(held["hs_merged_object_ids"].split(";")) == set(ids)
