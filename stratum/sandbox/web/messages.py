"""A request as our handlers see it, and what they answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Request:
    """`params` are the query's and a form body's fields together (all text); `body` is the parsed JSON or form."""

    server: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: bytes
    body: Any
    place: dict[str, str] = field(default_factory=dict)

    @property
    def params(self) -> dict[str, Any]:
        return {**self.query, **self.body} if isinstance(self.body, dict) else dict(self.query)

    def bearer(self) -> str | None:
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else None


@dataclass
class Reply:
    """`drop` closes the connection without a word."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    html: str | None = None
    drop: bool = False

    def encoded(self) -> tuple[str, bytes]:
        """Content type and bytes."""
        if self.html is not None:
            return "text/html; charset=utf-8", self.html.encode()
        if self.body is None:
            return "application/json", b""
        return "application/json; charset=utf-8", json.dumps(self.body).encode()
