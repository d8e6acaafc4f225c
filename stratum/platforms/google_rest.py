"""Calls to Google Ads over REST: a fresh token, quotas obeyed, pages followed.

Google's own client for Python speaks gRPC only (https://developers.google.com/google-ads/api/rest/overview), which neither our
time-outs and read-backs nor a sandbox over plain HTTP would fit.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from stratum.platforms.google_errors import SECONDS_UNLESS_TOLD, read
from stratum.platforms.google_tokens import access_token_of
from stratum.platforms.http import Connection, NoAnswer, TryLater, with_patience

VERSION = "v23"
"""Google keeps a version for about a year: v23 came in January 2026."""


class GoogleRest:
    """One credential's view of one customer. Use it in one thread.

    A developer token is not sent: Cloud projects took their place in September 2026. `login-customer-id` is, where the credential's
    JSON names the manager account that it signs in by.
    """

    def __init__(self, credential: str, customer_id: str, base_url: str) -> None:
        self.customer = f"customers/{customer_id.replace('-', '')}"
        self.base_url, self._credential = base_url, credential
        self._headers = _login_header(credential)
        self._token, self._connection = "", Connection(base_url, "")
        self._free_at = 0.0

    @property
    def wait(self) -> float:
        """Seconds for which Google asked for patience."""
        return max(self._free_at - time.monotonic(), 0.0)

    def search(self, fields: str, resource: str, *where: str) -> list[Mapping[str, Any]]:
        """All rows of a query in Google's language, page by page (Google gives 10,000 a page). Asked again patiently."""
        query = " ".join(["SELECT", fields, "FROM", resource, *(["WHERE", " AND ".join(where)] if where else [])])
        return with_patience(lambda: self._pages(query))

    def _pages(self, query: str) -> list[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = []
        page = ""
        while True:
            answer = self.post("googleAds:search", {"query": query} | ({"pageToken": page} if page else {}))
            rows += answer.get("results") or []
            page = answer.get("nextPageToken") or ""
            if not page:
                return rows

    def post(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """NoAnswer: a write may or may not have taken effect. No answer to the question for a token is none: nothing was sent."""
        if self.wait > 0:
            raise TryLater("the quota is used up", self.wait)
        try:
            token = access_token_of(self._credential)
        except NoAnswer as problem:
            raise TryLater(str(problem), SECONDS_UNLESS_TOLD) from problem
        if token != self._token:
            self._token, self._connection = token, Connection(self.base_url, token)
        path = f"{VERSION}/{self.customer}/{method}"
        try:
            return read(self._connection.call("POST", path, json=body, headers=self._headers), f"POST {path}")
        except TryLater as problem:
            self._free_at = time.monotonic() + problem.seconds
            raise


def _login_header(credential: str) -> dict[str, str]:
    try:
        manager = json.loads(credential).get("login_customer_id")
    except (ValueError, AttributeError):
        manager = None  # a bearer token
    return {"login-customer-id": str(manager).replace("-", "")} if manager else {}
