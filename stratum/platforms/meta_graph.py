"""Calls to Meta's Graph: versioned paths, errors told apart, rate limits obeyed. Lists are read in `meta_pages`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from stratum.platforms.findings import Findings
from stratum.platforms.http import Answer, Calling, Connection, NoAnswer, Refused, TryLater, with_patience
from stratum.platforms.meta_errors import TooMuchData, Usage, as_exception, usage
from stratum.platforms.meta_pages import read_list

VERSION = "v26.0"
FULL_PERCENT = 90.0
WAIT_SECONDS = 300.0
WRITE_POINTS = 3.0
PAGE = 200


class Graph:
    """One token's view of the Graph. `calls` goes instead of a connection of its own, if it is this token's. Use it in one thread."""

    def __init__(self, token: str, base_url: str, calls: Calling | None = None) -> None:
        self.base_url = base_url
        self._connection = calls if calls and calls.token == token else Connection(base_url, token)
        self._free_at = 0.0
        self._used = Usage()
        self.findings = Findings()

    @property
    def wait(self) -> float:
        """Seconds for which the platform asked for patience."""
        return max(self._free_at - time.monotonic(), 0.0)

    def room_for_writes(self) -> int:
        """How many writes the account's limit has room for, as the last answer told; waiting begins before it is full."""
        left = max(FULL_PERCENT - self._used.percent, 0.0) / 100 * self._used.points
        return int(left // WRITE_POINTS)

    def heed(self, headers: Mapping[str, str]) -> None:
        """Takes in what an answer, or an item of one, says about the rate limit."""
        used = usage(headers)
        if used == Usage():
            return
        self._used = used
        if used.percent >= FULL_PERCENT:
            self._free_at = time.monotonic() + (used.seconds or WAIT_SECONDS)

    def get(self, path: str, **params: Any) -> Any:
        return self._call("GET", path, params=params)

    def post(self, path: str, **data: Any) -> Any:
        """A write. NoAnswer: it may or may not have taken effect, so read back before doing it again."""
        return self._call("POST", path, data=data)

    def post_json(self, path: str, body: Mapping[str, Any]) -> Any:
        """As `post`, with a JSON body."""
        return self._call("POST", path, json=body)

    def read(self, path: str, **params: Any) -> Any:
        """As `get`, repeated with patience."""
        return with_patience(lambda: self.get(path, **params))

    def pages(self, path: str, **params: Any) -> list[Mapping[str, Any]]:
        """The rows of all pages, each page read with patience; see `read_list`."""
        return read_list(self.read, path, {"limit": PAGE} | params, self.findings)

    def whole_pages(self, path: str, **params: Any) -> list[Mapping[str, Any]]:
        """As `pages`, but TooMuchData at once: smaller pages of a question that is too large would not be answered either."""
        return read_list(self.read, path, {"limit": PAGE} | params, self.findings, shrink=False)

    def edges(self, node: str, fields: Mapping[str, str], *, limit: int) -> dict[str, list[Mapping[str, Any]]]:
        """The rows of several lists that hang on one object, by the list's name, in one call; what is longer than `limit` in more."""
        expanded = ",".join(f"{edge}.limit({limit}){{{inside}}}" for edge, inside in fields.items())
        found = self.read(node, fields=expanded)
        return {
            edge: read_list(
                self.read, f"{node}/{edge}", {"fields": inside, "limit": limit}, self.findings, found.get(edge) or {}
            )
            for edge, inside in fields.items()
        }

    def _call(self, method: str, path: str, **kwargs: Any) -> Any:
        if self.wait > 0:
            raise TryLater("the rate limit is nearly used up", self.wait)
        answer = self._connection.call(method, f"{VERSION}/{path}", **kwargs)
        self.heed(answer.headers)
        try:
            return _read(answer, f"{method} {path}")
        except TooMuchData as problem:
            if method == "GET" or path.endswith("/insights"):
                raise
            raise NoAnswer(str(problem)) from problem  # of a write it says nothing


def _read(answer: Answer, what: str) -> Any:
    """The body of a success. A page that is not JSON, or a bare 5xx, says nothing about the request's effect."""
    error = answer.body.get("error") if isinstance(answer.body, dict) else None
    if isinstance(error, dict):
        raise as_exception(error, status=answer.status, headers=answer.headers)
    if answer.body is None or answer.status >= 500 or (isinstance(answer.body, dict) and "error" in answer.body):
        raise NoAnswer(f"{what}: HTTP {answer.status} without a readable answer")
    if answer.status >= 300:
        raise Refused(f"{what}: HTTP {answer.status}", status=answer.status)
    return answer.body
