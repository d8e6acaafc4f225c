"""Cursor pages: `after` is on every page, `next` only when more follows."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode

from stratum.sandbox.graph.errors import parameter

DEFAULT_LIMIT, MAX_LIMIT = 25, 500


def cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"p{place}".encode()).decode().rstrip("=")


def place_of(text: str) -> int:
    try:
        decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        return int(decoded.removeprefix("p"))
    except ValueError:
        raise parameter("Invalid cursors values") from None


def page(rows: list[dict[str, Any]], params: dict[str, Any], url: str, *, empty: bool = False) -> dict[str, Any]:
    """One page of `rows`; `empty` gives none of them and still a next page that starts where this one did."""
    try:
        limit = min(MAX_LIMIT, int(params.get("limit") or DEFAULT_LIMIT))
    except ValueError:
        raise parameter("Param limit must be an integer") from None
    start = place_of(params["after"]) if params.get("after") else 0
    end = start if empty else start + limit
    chosen = rows[start:end]
    if not rows:
        return {"data": []}
    body: dict[str, Any] = {
        "data": chosen,
        "paging": {"cursors": {"before": cursor(start), "after": cursor(min(end, len(rows)))}},
    }
    if end < len(rows):
        query = {name: value for name, value in params.items() if name != "after"} | {"after": cursor(end)}
        body["paging"]["next"] = f"{url}?{urlencode(query)}"
    return body
