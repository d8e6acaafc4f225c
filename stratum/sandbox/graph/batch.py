"""Batches: up to fifty requests in one, answered in order; a null is an outcome nobody knows."""

from __future__ import annotations

import json
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from stratum.sandbox.faults import Fault
from stratum.sandbox.graph.errors import parameter
from stratum.sandbox.graph.fields import as_json
from stratum.sandbox.running import RunningMarket
from stratum.sandbox.web.messages import Reply, Request
from stratum.sandbox.web.server import parse_body

MAX_ITEMS = 50


class Answering(Protocol):
    """What a batch needs of the server that it came to."""

    sandbox: RunningMarket

    def node_of(self, path: str) -> str: ...
    def limited(self, fault: Fault, request: Request) -> Reply: ...
    def answer_one(self, request: Request) -> Reply: ...


def sub_requests(params: dict[str, Any], outer: Request) -> list[Request]:
    """The items as requests of their own; error 100 for a batch that is no list of them."""
    items = as_json(params.get("batch"), "batch")
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise parameter("batch parameter must be a JSON array")
    if len(items) > MAX_ITEMS:
        raise parameter(f"Too many requests in batch message. Maximum batch size is {MAX_ITEMS}")
    return [_sub_request(item, outer) for item in items]


def _sub_request(item: dict[str, Any], outer: Request) -> Request:
    parts = urlsplit(str(item.get("relative_url", "")))
    raw = str(item.get("body") or "")
    return Request(
        server=outer.server,
        method=str(item.get("method", "GET")).upper(),
        path="/" + parts.path.lstrip("/"),
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers=outer.headers,
        raw=raw.encode(),
        body=parse_body("application/x-www-form-urlencoded", raw.encode()),
    )


def refuse_siblings(server: Answering, requests: list[Request]) -> None:
    """A batch must not write to two ad sets of one campaign."""
    seen: set[str] = set()
    for request in requests:
        ad_set = server.sandbox.world.ad_sets.get(server.node_of(request.path)) if request.method != "GET" else None
        if ad_set is None:
            continue
        if ad_set.campaign_id in seen:
            raise parameter("Batch requests cannot include multiple Adsets under the same Campaign")
        seen.add(ad_set.campaign_id)


def answer_batch(server: Answering, outer: Request) -> Reply:
    """All items, or one error for the whole when the batch itself is not allowed."""
    requests = sub_requests(outer.params, outer)
    refuse_siblings(server, requests)
    _somebody_else_edits(server, outer, requests)
    with_headers = str(outer.params.get("include_headers", "true")).lower() != "false"
    return Reply(200, [_answer_item(server, index, request, with_headers) for index, request in enumerate(requests)])


def _somebody_else_edits(server: Answering, outer: Request, requests: list[Request]) -> None:
    """A person is quicker: one of the budgets moves after the caller has looked and before the batch is worked off."""
    sandbox = server.sandbox
    writes = [server.node_of(request.path) for request in requests if "daily_budget" in request.params]
    nodes = [world.get(node) for node in writes for world in (sandbox.world.ad_sets, sandbox.world.campaigns)]
    budgets = [node for node in nodes if node and node.daily_budget]
    if budgets and sandbox.faults.take("edit_in_between", server="graph", method=outer.method, path=outer.path):
        chosen = budgets[len(sandbox.world.edits) % len(budgets)]
        sandbox.perform("edit", {"id": chosen.id, "daily_budget": chosen.daily_budget + 100, "by": "person meanwhile"})


def _answer_item(server: Answering, index: int, request: Request, with_headers: bool) -> dict[str, Any] | None:
    faults, place = (
        server.sandbox.faults,
        {"server": "graph", "method": request.method, "path": request.path, "index": index},
    )
    if faults.take("batch_null_lost", **place):
        return None
    broken = faults.take("item_html_500", **place)
    if broken and not broken.applied:
        return _item(500, "<html><body>Internal Server Error</body></html>", {}, with_headers)
    limited = faults.take("rate_limit", **place)
    reply = server.limited(limited, request) if limited else server.answer_one(request)
    if faults.take("batch_null_applied", **place):
        return None
    if broken:
        return _item(500, "<html><body>Internal Server Error</body></html>", {}, with_headers)
    return _item(reply.status, json.dumps(reply.body), reply.headers, with_headers)


def _item(code: int, body: str, headers: dict[str, str], with_headers: bool) -> dict[str, Any]:
    item: dict[str, Any] = {"code": code}
    if with_headers:
        named = {"Content-Type": "text/javascript; charset=UTF-8", **headers}
        item["headers"] = [{"name": name, "value": value} for name, value in named.items()]
    return {**item, "body": body}
