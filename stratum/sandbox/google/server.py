"""Google Ads is in `ads.py`; here is the Data Manager API: events are taken at once and judged later. One bad event refuses the whole request."""

from __future__ import annotations

import re
import time
import uuid
from datetime import datetime
from typing import Any

from stratum.sandbox.google.ads import AdsService
from stratum.sandbox.running import RunningMarket
from stratum.sandbox.web.messages import Reply, Request
from stratum.sandbox.web.router import Router

MOST_EVENTS, MOST_IDENTIFIERS = 2000, 10
HEX = re.compile(r"^[0-9a-f]{64}$")
CODES = {"INVALID_ARGUMENT": 400, "UNAUTHENTICATED": 401, "RESOURCE_EXHAUSTED": 429, "NOT_FOUND": 404}


class Bad(ValueError):
    def __init__(self, field: str, words: str, status: str = "INVALID_ARGUMENT") -> None:
        super().__init__(words)
        self.field, self.status = field, status


class GoogleServer:
    """`sandbox.ingested` holds what took effect; a request is processed after the sandbox's `async_seconds`."""

    def __init__(self, sandbox: RunningMarket) -> None:
        self.sandbox = sandbox
        self.requests: dict[str, tuple[float, int]] = {}
        self.router = Router()
        self.router.add("POST", "/v1/events:ingest", self.ingest)
        self.router.add("GET", "/v1/requestStatus:retrieve", self.status)
        self.router.add("POST", "/token", self.token)
        self.ads = AdsService(sandbox)
        self.ads_router = Router()
        for path, handler in self.ads.paths.items():
            self.ads_router.add("POST", path, handler)

    def answer(self, request: Request) -> Reply:
        if ads := self.ads_router.find(request):
            with self.sandbox.lock:
                return self.ads.answer(request, ads)
        handler = self.router.find(request)
        if handler is None:
            return Reply(404, {"error": {"code": 404, "message": "Method not found.", "status": "NOT_FOUND"}})
        try:
            if request.path != "/token" and request.bearer() != self.sandbox.config.access_token:
                raise Bad("", "Request had invalid authentication credentials.", "UNAUTHENTICATED")
            if self.sandbox.faults.take("rate_limit", server="graph", method=request.method, path=request.path):
                raise Bad("", "Quota exceeded.", "RESOURCE_EXHAUSTED")
            with self.sandbox.lock:
                return handler(request)
        except Bad as bad:
            return _error(bad)

    def token(self, request: Request) -> Reply:
        """A refresh token for an access token that lives for an hour."""
        form = request.body if isinstance(request.body, dict) else {}
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != self.sandbox.config.access_token:
            return Reply(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
        return Reply(
            200, {"access_token": self.sandbox.config.access_token, "expires_in": 3599, "token_type": "Bearer"}
        )

    def ingest(self, request: Request) -> Reply:
        body = request.body if isinstance(request.body, dict) else {}
        events = body.get("events")
        if not body.get("destinations"):
            raise Bad("destinations", "Required field is missing.")
        if not isinstance(events, list) or not 0 < len(events) <= MOST_EVENTS:
            raise Bad("events", f"Between 1 and {MOST_EVENTS} events are required.")
        if any("userData" in event for event in events) and body.get("encoding") != "HEX":
            raise Bad("encoding", "Required for user data.")
        for index, event in enumerate(events):
            _check(event, f"events[{index}]", self.sandbox.now())
        number = uuid.uuid4().hex
        if not body.get("validateOnly"):
            known = {event["transactionId"] for event in self.sandbox.ingested}
            self.sandbox.ingested += [event for event in events if event["transactionId"] not in known]
        self.requests[number] = (time.monotonic() + self.sandbox.config.async_seconds, len(events))
        return Reply(200, {"requestId": number})

    def status(self, request: Request) -> Reply:
        number = request.query.get("requestId", "")
        if number not in self.requests:
            raise Bad("requestId", "Request not found.", "NOT_FOUND")
        ready_at, count = self.requests[number]
        state = "SUCCESS" if time.monotonic() >= ready_at else "PROCESSING"
        counted = {"eventsIngestionStatus": {"recordCount": str(count)}}
        return Reply(200, {"requestStatusPerDestination": [{"requestStatus": state, **counted}]})


def _check(event: Any, at: str, now: datetime) -> None:
    if not isinstance(event, dict):
        raise Bad(at, "Invalid event.")
    for name in ("transactionId", "eventTimestamp", "eventSource"):
        if not event.get(name):
            raise Bad(f"{at}.{name}", "Required field is missing.")
    try:
        moment = datetime.fromisoformat(event["eventTimestamp"])
    except ValueError:
        raise Bad(f"{at}.eventTimestamp", "Invalid timestamp.") from None
    if (now - moment).days > 90:
        raise Bad(f"{at}.eventTimestamp", "The event is too old.")
    identifiers = (event.get("userData") or {}).get("userIdentifiers") or []
    clicks = {"gclid", "gbraid", "wbraid"} & set(event.get("adIdentifiers") or {})
    if not identifiers and not clicks:
        raise Bad(f"{at}.userData", "An ad identifier or user data is required.")
    if len(identifiers) > MOST_IDENTIFIERS or len(clicks) > 1:
        raise Bad(at, "Too many identifiers.")
    for identifier in identifiers:
        address = identifier.get("address") or {}
        hashed = [identifier.get("emailAddress"), identifier.get("phoneNumber"), address.get("givenName"), address.get("familyName")]  # fmt: skip
        if not all(HEX.match(value) for value in hashed if value is not None):
            raise Bad(f"{at}.userData", "The identifier is not a SHA-256 hash in the stated encoding.")


def _error(bad: Bad) -> Reply:
    code = CODES[bad.status]
    violation = {"field": bad.field, "description": str(bad)}
    details = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}]
    return Reply(code, {"error": {"code": code, "message": str(bad), "status": bad.status, "details": details}})
