"""One way to call the outside world: time-outs always, no redirects, answers read as JSON, and never a silent resend.

Connectors decide by the platform's own error codes what may be tried again; this module only tells *what happened*:
an answer, or no answer (`NoAnswer`: the request may or may not have taken effect).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import requests
import structlog

log = structlog.get_logger("stratum.platforms")
CONNECT_SECONDS, READ_SECONDS = 5, 30


class NoAnswer(Exception):
    """The connection failed or timed out: whether the request took effect is unknown."""


class TryLater(Exception):
    """The platform asked for patience. `seconds` says how long."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


class Refused(Exception):
    """The platform answered with an error that the same request would meet again."""

    def __init__(self, message: str, *, status: int = 0, code: int | None = None, subcode: int | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.subcode = status, code, subcode


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any
    """The decoded JSON, or None when the answer was not JSON (an HTML error page of a proxy, for example)."""


class Calling(Protocol):
    """What calls a platform with a token: a connection, or whatever stands in for one."""

    token: str

    def call(self, method: str, path: str, **kwargs: Any) -> Answer: ...


class Connection:
    """A session with one host and one bearer token. Use it in one thread."""

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url, self.token = base_url, token
        self._session = requests.Session()
        self._session.headers.update(
            {"Authorization": f"Bearer {token}", "Accept": "application/json", "User-Agent": "Stratum"}
        )

    def call(self, method: str, path: str, **kwargs: Any) -> Answer:
        """One request. Raises NoAnswer when nothing, or less than the whole answer, came back.

        Refused: its body holds what JSON has no word for (NaN, infinity), so nothing was sent.
        """
        url = path if path.startswith(self.base_url) else f"{self.base_url}/{path.lstrip('/')}"
        try:
            response = self._session.request(
                method, url, timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False, **kwargs
            )
        except requests.exceptions.InvalidJSONError as problem:
            raise Refused(f"{method} {path.partition('?')[0]}: a number in it is not finite") from problem
        except requests.RequestException as problem:
            raise NoAnswer(f"{method} {path.partition('?')[0]}: {type(problem).__name__}") from problem
        try:
            body = response.json()
        except (json.JSONDecodeError, UnicodeDecodeError, requests.JSONDecodeError):
            body = None
        return Answer(response.status_code, response.headers, body)


def with_patience(call: Callable[[], Any], *, tries: int = 4, longest_wait: float = 20.0) -> Any:
    """Repeats a call that is safe to repeat (reads, and writes of an absolute value that were read back first)."""
    for attempt in range(1, tries + 1):
        try:
            return call()
        except (TryLater, NoAnswer) as problem:
            wait = problem.seconds if isinstance(problem, TryLater) else 0.5 * 2**attempt
            if attempt == tries or wait > longest_wait:
                raise
            log.info("platform asked to wait", reason=str(problem), seconds=round(wait, 1), attempt=attempt)
            time.sleep(wait)
    raise AssertionError("unreachable: the loop returns or raises")
