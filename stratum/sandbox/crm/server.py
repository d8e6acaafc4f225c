"""The CRM's front door: token, limits, routes."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

from stratum.sandbox.crm import replies, search
from stratum.sandbox.crm.associations import Associations
from stratum.sandbox.crm.objects import Objects, names, shown
from stratum.sandbox.crm.records import KINDS
from stratum.sandbox.running import RunningMarket
from stratum.sandbox.web.messages import Reply, Request
from stratum.sandbox.web.router import Router

TEN_SECOND_LIMIT = 190


class Window:
    """At most `limit` calls in any `seconds` of real time."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit, self.seconds = limit, seconds
        self._times: deque[float] = deque()
        self._lock = threading.Lock()

    def admits(self) -> bool:
        with self._lock:
            now = time.monotonic()
            while self._times and now - self._times[0] >= self.seconds:
                self._times.popleft()
            if len(self._times) >= self.limit:
                return False
            self._times.append(now)
            return True

    def left(self) -> int:
        return max(0, self.limit - len(self._times))


class CrmServer:
    def __init__(self, sandbox: RunningMarket) -> None:
        self.sandbox = sandbox
        self.general, self.searches = Window(TEN_SECOND_LIMIT, 10.0), Window(sandbox.config.search_per_second, 1.0)
        self.router = Router()
        objects, associations = Objects(sandbox), Associations(sandbox)
        for method, path, handler in (
            ("GET", "/crm/v3/pipelines/{kind}", objects.pipelines),
            ("POST", "/crm/v3/objects/{kind}/batch/read", objects.batch_read),
            ("POST", "/crm/v3/objects/{kind}/search", self.search),
            ("GET", "/crm/v3/objects/{kind}", objects.page),
            ("POST", "/crm/v3/objects/{kind}", objects.create),
            ("GET", "/crm/v3/objects/{kind}/{id}", objects.read),
            ("PATCH", "/crm/v3/objects/{kind}/{id}", objects.update),
            ("DELETE", "/crm/v3/objects/{kind}/{id}", objects.delete),
            ("GET", "/crm/v4/objects/{kind}/{id}/associations/{far}", associations.of_one),
            ("POST", "/crm/v4/associations/{kind}/{far}/batch/read", associations.batch_read),
        ):
            self.router.add(method, path, handler)

    def answer(self, request: Request) -> Reply:
        if request.bearer() != self.sandbox.config.crm_token:
            return replies.unauthorized()
        handler = self.router.find(request)
        if handler is None:
            return replies.not_found()
        searching = request.path.rstrip("/").endswith("/search")
        if not searching and not self.general.admits():
            return replies.too_many("TEN_SECONDLY_ROLLING")
        with self.sandbox.lock:
            reply = handler(request)
        if not searching:
            reply.headers |= {
                "X-HubSpot-RateLimit-Max": str(TEN_SECOND_LIMIT),
                "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
                "X-HubSpot-RateLimit-Remaining": str(self.general.left()),
            }
        return reply

    def search(self, request: Request) -> Reply:
        """Five a second; the index lags behind the records; at most 10,000 results a query."""
        kind, wanted = request.place["kind"], request.body if isinstance(request.body, dict) else {}
        if self.sandbox.faults.take("search_429", server="crm", path=request.path) or not self.searches.admits():
            return replies.too_many("SECONDLY")
        if kind not in KINDS:
            return replies.not_found()
        try:
            search.check_request(wanted, len(request.raw))
        except search.InvalidSearch as error:
            return replies.invalid(str(error))
        start, limit = int(wanted.get("after") or 0), int(wanted.get("limit") or 10)
        rows = self._matching(kind, wanted)
        if self.sandbox.faults.take("empty_page_with_after", server="crm", path=request.path):
            return Reply(200, {"total": len(rows), "results": [], "paging": {"next": {"after": str(start)}}})
        store, fields = self.sandbox.world.crm, names(wanted.get("properties"))
        chosen = rows[start : start + limit]
        results = [shown(store.records[kind][str(row["hs_object_id"])], fields, row) for row in chosen]
        body: dict[str, Any] = {"total": len(rows), "results": results}
        if start + limit < len(rows):
            body["paging"] = {"next": {"after": str(start + limit)}}
        return Reply(200, body)

    def _matching(self, kind: str, wanted: dict[str, Any]) -> list[search.Properties]:
        store, groups = self.sandbox.world.crm, wanted.get("filterGroups") or []
        indexed = (store.searchable(record) for record in store.alive(kind))
        found = [row for row in indexed if row is not None and search.matches(row, groups)]
        return search.sort_rows(found, wanted.get("sorts") or [])
