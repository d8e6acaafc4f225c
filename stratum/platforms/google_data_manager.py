"""Google's Data Manager API: `events.ingest` takes events at once, `requestStatus.retrieve` says later what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings

from stratum.platforms.google_errors import SECONDS_UNLESS_TOLD, read
from stratum.platforms.google_tokens import access_token_of
from stratum.platforms.http import Connection, NoAnswer, TryLater, with_patience

MOST_EVENTS = 2000
INGEST = "v1/events:ingest"


class Ingested(StrEnum):
    PROCESSING, SUCCESS, PARTIAL, FAILED = "PROCESSING", "SUCCESS", "PARTIAL_SUCCESS", "FAILED"


@dataclass(frozen=True)
class RequestStatus:
    """`reasons`: Google's reason codes and how many events each concerns. It does not say which events."""

    state: Ingested
    reasons: Mapping[str, int]


class GoogleDataManager:
    """One credential's accounts (see `access_token_of`). Sending is never repeated here. Use it in one thread."""

    def __init__(self, credential: str, base_url: str | None = None) -> None:
        self._credential, self._base_url = credential, base_url or settings.GOOGLE_DATA_MANAGER_URL

    def _call(self, method: str, path: str, **kwargs: Any) -> dict[str, Any]:
        """No answer to the question for a token is no unknown outcome: nothing was sent."""
        try:
            token = access_token_of(self._credential)
        except NoAnswer as problem:
            raise TryLater(str(problem), SECONDS_UNLESS_TOLD) from problem
        return read(Connection(self._base_url, token).call(method, path, **kwargs), path)

    def ingest(self, body: Mapping[str, Any]) -> str:
        """Sends an IngestEventsRequest, all or nothing, and returns its request id. Errors as those of `MetaCapi.send`."""
        answer = self._call("POST", INGEST, json=body)
        return str(answer.get("requestId") or "")

    def status(self, request_id: str) -> RequestStatus:
        path = "v1/requestStatus:retrieve"
        answer = with_patience(lambda: self._call("GET", path, params={"requestId": request_id}))
        rows = answer.get("requestStatusPerDestination") or [{}]
        counts = (rows[0].get("errorInfo") or {}).get("errorCounts") or []
        reasons = {str(one.get("reason")): int(one.get("recordCount") or 0) for one in counts}
        known = {state.value: state for state in Ingested}
        return RequestStatus(known.get(str(rows[0].get("requestStatus")), Ingested.PROCESSING), reasons)
