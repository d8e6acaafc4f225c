"""The Graph server refuses and answers as Meta does."""

from __future__ import annotations

import json
import time
from urllib.parse import urlencode

import pytest

from stratum.sandbox import Sandbox
from stratum.sandbox.config import AccountProfile
from stratum.sandbox.faults import KNOWN
from tests.sandbox.calls import Caller
from tests.sandbox.conftest import SMALL

ACCOUNT = "act_1029384756"


def own_budget(sandbox: Sandbox, place: int = 0):
    return [ad_set for ad_set in sandbox.world.ad_sets.values() if ad_set.daily_budget is not None][place]


def pooled(sandbox: Sandbox):
    return next(ad_set for ad_set in sandbox.world.ad_sets.values() if ad_set.daily_budget is None)


@pytest.mark.parametrize("path", [f"/{ACCOUNT}", f"/v26.0/{ACCOUNT}", f"/v25.0/{ACCOUNT}/campaigns"])
def test_any_version_or_none(graph: Caller, path: str) -> None:
    assert graph.get(path, fields="name")[0] == 200


def test_a_wrong_token_is_190(shared: Sandbox) -> None:
    status, body = Caller(shared.graph_url, "wrong").get(f"/{ACCOUNT}")
    assert (status, body["error"]["code"]) == (400, 190)


def test_the_token_may_be_a_parameter(shared: Sandbox) -> None:
    assert Caller(shared.graph_url, "").get(f"/{ACCOUNT}", access_token=shared.config.access_token)[0] == 200


def test_lists_page_by_cursor_until_next_is_absent(graph: Caller) -> None:
    seen, query = [], {"fields": "id,daily_budget,campaign_id", "limit": 4}
    while True:
        _, body = graph.get(f"/{ACCOUNT}/adsets", **query)
        seen += [row["id"] for row in body["data"]]
        assert body["paging"]["cursors"]["after"]
        if "next" not in body["paging"]:
            break
        query["after"] = body["paging"]["cursors"]["after"]
    assert len(seen) == len(set(seen)) == 10


def test_fields_can_look_inside(graph: Caller, shared: Sandbox) -> None:
    ad = next(iter(shared.world.ads))
    _, body = graph.get(f"/{ad}", fields="name,creative{title},adset{id}")
    assert set(body) == {"id", "name", "creative", "adset"}
    assert set(body["creative"]) == {"id", "title"}


def test_several_objects_by_ids(graph: Caller, shared: Sandbox) -> None:
    ids = list(shared.world.ad_sets)[:2]
    _, body = graph.get("/", ids=",".join(ids), fields="daily_budget")
    assert list(body) == ids


@pytest.mark.parametrize(
    "value, code",
    [("10.5", 100), ("-500", 100), ("abc", 100), ("99", 1487901), ("0", 1487901), ("100", None), ("2500", None)],
)
def test_budgets_are_whole_minor_units_above_the_minimum(
    shared: Sandbox, graph: Caller, value: str, code: int | None
) -> None:
    ad_set = own_budget(shared)
    status, body = graph.post(f"/{ad_set.id}", form={"daily_budget": value, "execution_options": '["validate_only"]'})
    assert (status, body.get("error", {}).get("code")) == ((400, code) if code else (200, None))
    if code:
        assert body["error"]["error_data"] == {"blame_field_specs": [["daily_budget"]]}


def test_a_json_decimal_is_refused_too(shared: Sandbox, graph: Caller) -> None:
    assert graph.post(f"/{own_budget(shared).id}", {"daily_budget": 10.5})[1]["error"]["code"] == 100


def test_neither_ads_nor_pooled_ad_sets_have_budgets(shared: Sandbox, graph: Caller) -> None:
    for node in (next(iter(shared.world.ads)), pooled(shared).id, own_budget(shared).campaign_id):
        assert graph.post(f"/{node}", {"daily_budget": 5000})[1]["error"]["code"] == 100


def test_the_campaign_budget_can_be_written(shared: Sandbox, graph: Caller) -> None:
    campaign = shared.world.campaigns[pooled(shared).campaign_id]
    assert graph.post(f"/{campaign.id}", {"daily_budget": 33300}) == (200, {"success": True})
    assert graph.get(f"/{campaign.id}", fields="daily_budget")[1]["daily_budget"] == "33300"


def test_a_dry_run_changes_nothing(shared: Sandbox, graph: Caller) -> None:
    ad_set = own_budget(shared)
    before = ad_set.daily_budget
    assert graph.post(f"/{ad_set.id}", {"daily_budget": before + 100, "execution_options": ["validate_only"]})[0] == 200
    assert ad_set.daily_budget == before


def test_the_fifth_change_in_an_hour_waits(graph: Caller, shared: Sandbox) -> None:
    ad_set = own_budget(shared, 1)
    answers = [graph.post(f"/{ad_set.id}", {"daily_budget": 4000 + step}) for step in range(5)]
    assert [status for status, _ in answers] == [200] * 4 + [400]
    assert (answers[4][1]["error"]["code"], answers[4][1]["error"]["error_subcode"]) == (613, 1487632)
    shared.advance(hours=1)
    assert graph.post(f"/{ad_set.id}", {"daily_budget": 5000})[0] == 200


def test_pausing_shows_in_what_lies_below(shared: Sandbox, graph: Caller) -> None:
    ad_set = own_budget(shared, 2)
    graph.post(f"/{ad_set.id}", {"status": "PAUSED"})
    ad = next(ad for ad in shared.world.ads.values() if ad.adset_id == ad_set.id)
    assert graph.get(f"/{ad.id}", fields="status,effective_status")[1]["effective_status"] == "ADSET_PAUSED"
    graph.post(f"/{ad_set.id}", {"status": "ACTIVE"})
    assert graph.post(f"/{ad_set.id}", {"status": "STOPPED"})[1]["error"]["code"] == 100


def test_yen_has_no_minor_unit() -> None:
    profile = AccountProfile(external_id="42", currency="JPY", timezone="Asia/Tokyo", ad_sets=4, ads=4)
    with Sandbox(type(SMALL)(**{**vars(SMALL), "accounts": (profile,), "history_days": 1})).start() as sandbox:
        graph = Caller(sandbox.graph_url, sandbox.config.access_token)
        minimums = {
            row["currency"]: row["min_daily_budget_imp"] for row in graph.get("/act_42/minimum_budgets")[1]["data"]
        }
        assert (minimums["USD"], minimums["JPY"]) == (100, 150)
        _, body = graph.get("/act_42/insights", fields="spend,account_currency", date_preset="maximum")
        assert "." not in body["data"][0]["spend"]
        assert graph.post(f"/{own_budget(sandbox).id}", {"daily_budget": 149})[1]["error"]["code"] == 1487901


def batch(graph: Caller, items: list[dict], **more) -> tuple[int, object]:
    return graph.post("/", form={"batch": json.dumps(items), **more})


def write(node: str, **params) -> dict:
    return {"method": "POST", "relative_url": f"v26.0/{node}", "body": urlencode(params)}


def across_campaigns(sandbox: Sandbox) -> list:
    return list(
        {ad_set.campaign_id: ad_set for ad_set in sandbox.world.ad_sets.values() if ad_set.daily_budget}.values()
    )


def test_a_batch_answers_in_order_with_json_in_strings(shared: Sandbox, graph: Caller) -> None:
    first, second = across_campaigns(shared)[:2]
    items = [
        write(first.id, daily_budget=7000),
        write(second.id, daily_budget=7.5),
        {"method": "GET", "relative_url": ACCOUNT},
    ]
    status, answers = batch(graph, items, include_headers="false")
    assert status == 200
    assert [item["code"] for item in answers] == [200, 400, 200]
    assert json.loads(answers[0]["body"]) == {"success": True}
    assert json.loads(answers[1]["body"])["error"]["code"] == 100
    assert "headers" not in answers[0]


@pytest.mark.parametrize("count, code", [(50, None), (51, 100), (0, 100)])
def test_a_batch_holds_fifty(graph: Caller, count: int, code: int | None) -> None:
    _, body = batch(graph, [{"method": "GET", "relative_url": ACCOUNT}] * count)
    assert (body["error"]["code"] if isinstance(body, dict) else None) == code


def test_two_ad_sets_of_a_campaign_refuse_the_whole_batch(shared: Sandbox, graph: Caller) -> None:
    campaign = own_budget(shared).campaign_id
    siblings = [ad_set for ad_set in shared.world.ad_sets.values() if ad_set.campaign_id == campaign][:2]
    before = [ad_set.daily_budget for ad_set in siblings]
    status, body = batch(graph, [write(ad_set.id, daily_budget=6100) for ad_set in siblings])
    assert (status, body["error"]["code"]) == (400, 100)
    assert [ad_set.daily_budget for ad_set in siblings] == before


@pytest.mark.parametrize("fault, applied", [("batch_null_applied", True), ("batch_null_lost", False)])
def test_null_hides_whether_it_was_applied(shared: Sandbox, graph: Caller, fault: str, applied: bool) -> None:
    ad_set = across_campaigns(shared)[-1]
    target = ad_set.daily_budget + 777
    graph.post("/control/faults", {"name": fault, "index": 0})
    assert batch(graph, [write(ad_set.id, daily_budget=target)]) == (200, [None])
    assert (ad_set.daily_budget == target) is applied


@pytest.mark.parametrize(
    "fault, status, code",
    [
        ({"name": "token_expired"}, 500, 190),
        ({"name": "rate_limit", "code": 80004, "seconds": 300}, 400, 80004),
        ({"name": "rate_limit", "code": 613, "subcode": 1487742}, 400, 613),
        ({"name": "outer_200_error"}, 200, 2),
    ],
)
def test_faults_strike_once(graph: Caller, fault: dict, status: int, code: int) -> None:
    graph.post("/control/faults", fault)
    answer = graph.get(f"/{ACCOUNT}")
    assert (answer[0], answer[1]["error"]["code"]) == (status, code)
    assert graph.get(f"/{ACCOUNT}")[0] == 200


def test_a_throttled_caller_learns_how_many_minutes_to_wait(shared: Sandbox, graph: Caller) -> None:
    shared.faults.add("rate_limit", code=80004, seconds=420)
    headers = graph.session.get(f"{shared.graph_url}/{ACCOUNT}", timeout=5).headers
    [usage] = json.loads(headers["x-business-use-case-usage"])["1029384756"]
    assert (usage["call_count"], usage["estimated_time_to_regain_access"]) == (100, 7)


def test_one_item_of_a_batch_can_be_throttled(shared: Sandbox, graph: Caller) -> None:
    first, second = across_campaigns(shared)[:2]
    shared.faults.add("rate_limit", code=613, subcode=1487632, path=second.id)
    _, answers = batch(graph, [write(first.id, daily_budget=7100), write(second.id, daily_budget=7100)])
    assert [item["code"] for item in answers] == [200, 400]
    assert json.loads(answers[1]["body"])["error"]["error_subcode"] == 1487632


def test_every_fault_that_is_known_can_be_set_and_cleared(graph: Caller) -> None:
    for name in sorted(KNOWN):
        assert graph.post("/control/faults", {"name": name, "probability": 0.0})[0] == 200
    assert len(graph.get("/control/faults")[1]["faults"]) == len(KNOWN)
    graph.delete("/control/faults")
    assert graph.get("/control/faults")[1]["faults"] == []


def test_the_log_keeps_every_request_in_order(shared: Sandbox, graph: Caller) -> None:
    last = graph.get("/control/log")[1]["last"]
    graph.get(f"/v26.0/{ACCOUNT}", fields="name")
    graph.post("/880011223344556/events", {"data": []})
    entries = graph.get("/control/log", since=last)[1]["entries"]
    assert [(entry["method"], entry["path"], entry["status"]) for entry in entries] == [
        ("GET", f"/v26.0/{ACCOUNT}", 200),
        ("POST", "/880011223344556/events", 400),
    ]
    assert entries[0]["query"] == {"fields": "name"}
    assert entries[1]["body"] == {"data": []}
    assert entries[0]["simulated_at"] == shared.now().isoformat()


def test_an_html_item_is_a_500(shared: Sandbox, graph: Caller) -> None:
    graph.post("/control/faults", {"name": "item_html_500"})
    _, answers = batch(graph, [{"method": "GET", "relative_url": ACCOUNT}])
    assert answers[0]["code"] == 500
    assert answers[0]["body"].startswith("<html>")


def test_a_timeout_after_the_write_leaves_it_done(shared: Sandbox, graph: Caller) -> None:
    ad_set = across_campaigns(shared)[0]
    graph.post("/control/faults", {"name": "timeout_after_apply", "method": "POST"})
    with pytest.raises(OSError):
        graph.post(f"/{ad_set.id}", {"daily_budget": 8181})
    assert ad_set.daily_budget == 8181
    assert graph.get("/control/log")[1]["entries"][-1]["dropped"] is True


def test_somebody_else_can_change_a_budget(shared: Sandbox, graph: Caller) -> None:
    ad_set = own_budget(shared)
    graph.post("/control/faults", {"name": "budget_changed_by_human", "adset_id": ad_set.id, "daily_budget": 1234})
    assert graph.get(f"/{ad_set.id}", fields="daily_budget")[1]["daily_budget"] == "1234"


def test_every_reply_says_how_much_quota_is_used(shared: Sandbox, graph: Caller) -> None:
    headers = graph.session.get(f"{shared.graph_url}/{ACCOUNT}/insights", timeout=5).headers
    usage = json.loads(headers["x-business-use-case-usage"])
    assert usage["1029384756"][0]["type"] == "ads_insights"
    assert "acc_id_util_pct" in headers["x-ad-account-usage"]
    assert "x-fb-ads-insights-throttle" in headers


def test_insights_are_strings_and_absent_rather_than_zero(graph: Caller) -> None:
    fields = "ad_id,spend,impressions,reach,frequency,inline_link_clicks,actions,action_values,purchase_roas"
    _, body = graph.get(
        f"/{ACCOUNT}/insights", level="ad", time_increment=1, date_preset="last_3d", fields=fields, limit=500
    )
    rows = body["data"]
    assert all(isinstance(row["spend"], str) and row["date_start"] == row["date_stop"] for row in rows)
    assert any("action_values" not in row for row in rows)
    with_sale = next(row for row in rows if "purchase_roas" in row)
    counts = {action["action_type"]: action["value"] for action in with_sale["actions"]}
    assert counts["purchase"] == counts["omni_purchase"] == counts["offsite_conversion.fb_pixel_purchase"]


def test_levels_add_up_in_spend_but_not_in_reach(graph: Caller) -> None:
    query = {"date_preset": "last_3d", "fields": "spend,reach", "limit": 500}
    ads = graph.get(f"/{ACCOUNT}/insights", level="ad", **query)[1]["data"]
    [whole] = graph.get(f"/{ACCOUNT}/insights", level="account", **query)[1]["data"]
    assert sum(float(row["spend"]) for row in ads) == pytest.approx(float(whole["spend"]), abs=0.2)
    assert sum(int(row["reach"]) for row in ads) > int(whole["reach"])


def test_dead_windows_say_nothing(graph: Caller) -> None:
    query = {
        "action_attribution_windows": '["7d_click","7d_view","1d_view"]',
        "fields": "actions",
        "date_preset": "last_3d",
    }
    [row] = graph.get(f"/{ACCOUNT}/insights", **query)[1]["data"]
    assert "7d_click" in row["actions"][0]
    assert "7d_view" not in row["actions"][0]


@pytest.mark.parametrize(
    "query, code",
    [
        ({"time_range": '{"since":"2020-01-01","until":"2020-02-01"}'}, 3018),
        ({"time_range": '{"since":"2026-11-02","until":"2026-11-01"}'}, 100),
        ({"time_range": "yesterday"}, 100),
        ({"level": "pixel"}, 100),
        ({"breakdowns": "dma"}, 100),
        ({"limit": "many"}, 100),
    ],
)
def test_insights_refuse_nonsense(graph: Caller, query: dict, code: int) -> None:
    assert graph.get(f"/{ACCOUNT}/insights", **query)[1]["error"]["code"] == code


def test_a_report_read_too_early_is_empty(graph: Caller) -> None:
    _, run = graph.post(f"/{ACCOUNT}/insights", {"level": "ad", "fields": "ad_id,spend", "date_preset": "last_3d"})
    assert graph.get(f"/{run['report_run_id']}/insights") == (200, {"data": []})
    time.sleep(0.25)
    state = graph.get(f"/{run['report_run_id']}")[1]
    assert (state["async_status"], state["async_percent_completion"]) == ("Job Completed", 100)
    assert graph.get(f"/{run['report_run_id']}/insights")[1]["data"]


def test_reported_spend_can_be_taken_back(graph: Caller) -> None:
    query = {"date_preset": "last_3d", "fields": "spend"}
    before = float(graph.get(f"/{ACCOUNT}/insights", **query)[1]["data"][0]["spend"])
    graph.post("/control/faults", {"name": "restate_down", "factor": 0.9})
    assert float(graph.get(f"/{ACCOUNT}/insights", **query)[1]["data"][0]["spend"]) == pytest.approx(
        before * 0.9, abs=0.1
    )


def event(now: float, **changes) -> dict:
    good = {
        "event_name": "Purchase",
        "event_time": int(now) - 60,
        "action_source": "system_generated",
        "user_data": {"em": ["a" * 64]},
        "custom_data": {"value": 12.5, "currency": "USD"},
    }
    return {**good, **changes}


@pytest.mark.parametrize(
    "changes, subcode",
    [
        ({"event_time": 1_600_000_000}, 2804003),
        ({"event_time": 1_700_000_000_000}, None),
        ({"custom_data": {"value": 3}}, 2804009),
        ({"custom_data": None}, 2804009),
        ({"user_data": {}}, None),
        ({"user_data": {"ct": ["x"], "country": ["us"]}}, None),
        ({"user_data": {"fn": ["x"], "ge": ["f"]}}, None),
        ({"action_source": "crm"}, None),
        ({"action_source": "website"}, None),
    ],
)
def test_one_bad_event_refuses_them_all(shared: Sandbox, graph: Caller, changes: dict, subcode: int | None) -> None:
    now, kept = shared.now().timestamp(), len(shared.conversions)
    status, body = graph.post("/880011223344556/events", {"data": [event(now), event(now, **changes)]})
    assert (status, body["error"]["code"], body["error"].get("error_subcode")) == (400, 100, subcode)
    assert len(shared.conversions) == kept


@pytest.mark.parametrize("shape", ["json", "form of objects", "form of texts"])
def test_events_may_come_in_three_shapes(shared: Sandbox, graph: Caller, shape: str) -> None:
    events = [event(shared.now().timestamp())] * 2
    if shape == "json":
        answer = graph.post("/v26.0/880011223344556/events", {"data": events})
    else:
        listed = events if shape == "form of objects" else [json.dumps(one) for one in events]
        answer = graph.post("/v26.0/880011223344556/events", form={"data": json.dumps(listed)})
    assert (answer[0], answer[1]["events_received"]) == (200, 2)


def test_more_than_a_thousand_events_are_too_many(shared: Sandbox, graph: Caller) -> None:
    assert (
        graph.post("/880011223344556/events", {"data": [event(shared.now().timestamp())] * 1001})[1]["error"]["code"]
        == 100
    )


def test_edges_can_be_expanded_among_the_fields_with_pages_of_their_own(graph: Caller) -> None:
    fields = "name,campaigns.limit(2){name,effective_status},adsets.limit(4){daily_budget}"
    _, body = graph.get(f"/v26.0/{ACCOUNT}", fields=fields)
    assert set(body) == {"id", "name", "campaigns", "adsets"}
    assert [len(body[edge]["data"]) for edge in ("campaigns", "adsets")] == [2, 4]
    assert set(body["campaigns"]["data"][0]) == {"id", "name", "effective_status"}
    seen, page = [], body["adsets"]
    while True:
        seen += page["data"]
        assert page["paging"]["cursors"]["after"]
        if "next" not in page["paging"]:
            break
        page = graph.get(page["paging"]["next"].removeprefix(graph.url))[1]
    assert seen == graph.get(f"/{ACCOUNT}/adsets", fields="daily_budget", limit=100)[1]["data"]


def test_an_expanded_edge_holds_25_rows_unless_told_and_is_left_out_without_any(graph: Caller, shared: Sandbox) -> None:
    _, body = graph.get(f"/{ACCOUNT}", fields="ads{id}")
    assert len(body["ads"]["data"]) == min(25, len(shared.world.ads))
    empty = graph.get(f"/{ACCOUNT}", fields='campaigns.effective_status(["ARCHIVED"]){id}')[1]
    assert set(empty) == {"id"}
    assert graph.get(f"/{ACCOUNT}", fields="campaigns.limit(many){id}")[1]["error"]["code"] == 100


def test_edges_can_be_expanded_inside_of_edges_and_of_several_objects(graph: Caller, shared: Sandbox) -> None:
    _, body = graph.get("/", ids=ACCOUNT, fields="campaigns.limit(50){adsets.limit(50){id}}")
    campaigns = body[ACCOUNT]["campaigns"]["data"]
    assert {row["id"] for one in campaigns for row in one["adsets"]["data"]} == set(shared.world.ad_sets)


def test_an_expanded_edge_is_one_call_of_the_quota() -> None:
    with Sandbox(type(SMALL)(**{**vars(SMALL), "history_days": 1, "account_points": 10})).start() as sandbox:
        url, token = f"{sandbox.graph_url}/{ACCOUNT}", {"access_token": sandbox.config.access_token}
        params = {"fields": "campaigns{id},adsets{id}"} | token
        told = Caller(sandbox.graph_url, "").session.get(url, params=params, timeout=5).headers["x-ad-account-usage"]
        assert json.loads(told)["acc_id_util_pct"] == pytest.approx(10, abs=0.5)


def test_the_lock_on_one_budget_does_not_say_that_the_account_is_full(shared: Sandbox, graph: Caller) -> None:
    shared.faults.add("rate_limit", code=613, subcode=1487632)
    headers = graph.session.get(f"{shared.graph_url}/{ACCOUNT}", timeout=5).headers
    [usage] = json.loads(headers["x-business-use-case-usage"])["1029384756"]
    assert usage["call_count"] < 100 and usage["estimated_time_to_regain_access"] == 0


def test_a_fault_of_whole_calls_spares_the_items_of_a_batch(shared: Sandbox, graph: Caller) -> None:
    shared.faults.add("rate_limit", method="POST", code=80004, index=-1, times=2)
    ad_set = across_campaigns(shared)[0]
    items = [write(ad_set.id, daily_budget=ad_set.daily_budget)]
    assert batch(graph, items)[1]["error"]["code"] == 80004
    assert graph.post(f"/{ad_set.id}", {"daily_budget": ad_set.daily_budget})[1]["error"]["code"] == 80004
    shared.faults.add("rate_limit", method="POST", code=80004, index=-1, times=1, path="/v26.0/12")
    assert batch(graph, items)[1][0]["code"] == 200
    shared.faults.clear()


def test_targeting_is_told_in_metas_shape_and_a_person_may_change_it(shared: Sandbox, graph: Caller) -> None:
    rows = graph.get(f"/{ACCOUNT}/adsets", fields="name,targeting", limit=100)[1]["data"]
    assert all(row["targeting"]["geo_locations"]["countries"] == ["US"] for row in rows)
    kinds = {kind for row in rows for kind in row["targeting"]}
    assert kinds >= {"age_min", "age_max", "custom_audiences", "flexible_spec"}
    aimed = {"geo_locations": {"countries": ["CA"]}, "genders": [2]}
    ad_set = own_budget(shared)
    assert graph.post("/control/aim", {"adset_id": ad_set.id, "targeting": aimed})[0] == 200
    assert graph.get(f"/{ad_set.id}", fields="targeting")[1]["targeting"] == aimed
    assert graph.post("/control/aim", {"adset_id": "1", "targeting": aimed})[0] == 400
