"""The Graph API's front door: token, faults, limits, versions, batches."""

from __future__ import annotations

import re

from stratum.sandbox.faults import WHOLE, Fault
from stratum.sandbox.graph.batch import answer_batch
from stratum.sandbox.graph.edges import Edges
from stratum.sandbox.graph.errors import GraphError, unknown_object
from stratum.sandbox.graph.usage import READ_POINTS, WRITE_POINTS, Usage
from stratum.sandbox.running import RunningMarket
from stratum.sandbox.web.messages import Reply, Request

ONE_BUDGET_ONLY = 1487632
VERSION = re.compile(r"^/v\d+\.\d+(?=/|$)")


class GraphServer:
    def __init__(self, sandbox: RunningMarket) -> None:
        self.sandbox, self.world = sandbox, sandbox.world
        self.usage = Usage(sandbox.config.account_points)
        self.edges = Edges(sandbox)

    def answer(self, request: Request) -> Reply:
        """One request with its faults; headers of usage on every reply."""
        reply = self._disturbed(request)
        reply.headers = self._usage_headers(request, 0) | reply.headers
        return reply

    def _disturbed(self, request: Request) -> Reply:
        faults = self.sandbox.faults
        place = {"server": "graph", "method": request.method, "path": request.path, "index": WHOLE}
        if faults.take("token_expired", **place):
            return GraphError(
                190, "Error validating access token: Session has expired", subcode=463, status=500
            ).reply()
        odd = faults.take("outer_200_error", **place)
        if odd:
            return GraphError(odd.code or 2, subcode=odd.subcode, status=200).reply()
        if faults.take("word_code", **place):
            return Reply(400, {"error": {"message": "Something is odd", "code": "unknown", "error_subcode": "odd"}})
        limited = faults.take("rate_limit", **place)
        if limited:
            return self.limited(limited, request)
        token = request.bearer() or request.params.get("access_token")
        if token != self.sandbox.config.access_token:
            return GraphError(190, "Invalid OAuth access token - Cannot parse access token").reply()
        is_batch = request.method == "POST" and self.node_of(request.path) == "" and "batch" in request.params
        if not is_batch:
            return self.answer_one(request)
        try:
            with self.sandbox.lock:
                return answer_batch(self, request)
        except GraphError as error:
            return error.reply()

    def limited(self, fault: Fault, request: Request) -> Reply:
        """The throttling error of a fault; `seconds` becomes the minutes until access is regained. One budget's lock fills no quota."""
        reply = GraphError(fault.code or 80004, subcode=fault.subcode).reply()
        minutes = 0 if fault.subcode == ONE_BUDGET_ONLY else max(1, round(fault.seconds / 60))
        reply.headers = self._usage_headers(request, minutes)
        return reply

    def answer_one(self, request: Request) -> Reply:
        try:
            with self.sandbox.lock:
                self._count(request)
                reply = self._dispatch(request)
        except GraphError as error:
            reply = error.reply()
        reply.headers |= self._usage_headers(request, 0)
        return reply

    def node_of(self, path: str) -> str:
        return VERSION.sub("", path).strip("/").split("/")[0]

    def _dispatch(self, request: Request) -> Reply:
        parts = VERSION.sub("", request.path).strip("/").split("/")
        node = parts[0]
        if self.edges.is_googles(node):
            raise unknown_object(node, request.method.lower())
        if request.method == "GET" and parts == ["dataset_quality"]:
            return self.edges.dataset_quality(request)
        if len(parts) == 1 and request.method == "GET":
            shown = self.edges.shown
            return (
                self.edges.read_many(request) if node == "" else Reply(200, shown(node, request.params, request.path))
            )
        if len(parts) == 1 and request.method == "POST":
            return self.edges.edit(request, node)
        handler = self.edges.table.get((request.method, parts[1])) if len(parts) == 2 else None
        if handler is None:
            raise unknown_object(node, request.method.lower())
        return handler(request, node)

    def _owner(self, request: Request) -> str:
        node = self.node_of(request.path)
        world = self.world
        owned = world.campaigns.get(node) or world.ad_sets.get(node) or world.ads.get(node)
        return (
            owned.account_id
            if owned
            else node.removeprefix("act_")
            if node.startswith("act_")
            else world.accounts[0].id
        )

    def _count(self, request: Request) -> None:
        points = READ_POINTS if request.method == "GET" else WRITE_POINTS
        if not request.path.endswith("/events") and not self.usage.spend(self._owner(request), points):
            raise GraphError(17, subcode=2446079)

    def _usage_headers(self, request: Request, wait_minutes: int) -> dict[str, str]:
        insight = request.path.rstrip("/").endswith("/insights")
        return self.usage.headers(self._owner(request), insights=insight, wait_minutes=wait_minutes)
