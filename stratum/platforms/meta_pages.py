"""Lists of Meta's Graph, page by page. One bad page or row never spoils the others: it is left out and counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from stratum.platforms.findings import Findings
from stratum.platforms.http import Refused
from stratum.platforms.meta_errors import Stop, TooMuchData

Row = Mapping[str, Any]
Read = Callable[..., Any]
"""Reads a path with parameters, patiently."""

SMALLER = 4
"""A page that is too much data is asked for again with so many times fewer rows."""
MOST_STARTS = 3
BAD_CURSOR = "cursor"
STANDS_STILL = "A list's next page was the same page again: the list was taken as read to its end"
NO_CURSOR = "A list named a next page without saying where it starts: the list was taken as read to its end"
NO_ROW = "A row of a list was no object: left out"


class DeadCursor(Exception):
    """The place in a list that was reached is not known to the platform any more."""


def read_list(
    read: Read, path: str, params: Mapping[str, Any], findings: Findings, first: Any = None, *, shrink: bool = True
) -> list[Row]:
    """All rows of a list; each once, although pages overlap. `first`: its first page, where that was read already.

    Pages get smaller while the platform says that they are too much data, if they may `shrink`: TooMuchData where one row is. A cursor that the platform
    forgot midway makes the list start over.
    """
    limit = int(params["limit"])
    starts = 0
    while True:
        starts += 1
        try:
            return _all_pages(read, path, {**params, "limit": limit}, findings, first)
        except TooMuchData:
            if limit == 1 or not shrink:
                raise
            limit, starts = max(limit // SMALLER, 1), 0
        except DeadCursor as dead:
            if starts >= MOST_STARTS:
                raise Refused(f"{path}: the platform forgot its place in the list {starts} times ({dead})") from dead
        first = None


def _all_pages(read: Read, path: str, params: Mapping[str, Any], findings: Findings, first: Any) -> list[Row]:
    rows: dict[str, Row] = {}
    page = first if first is not None else read(path, **params)
    _take(rows, page, findings)
    before, still = {}, 0
    while more := _next(page, params, findings):
        try:
            page = read(path, **more)
        except (Stop, TooMuchData):
            raise
        except Refused as problem:
            if BAD_CURSOR in str(problem).lower():
                raise DeadCursor(str(problem)) from problem
            raise
        new = _take(rows, page, findings)
        still = still + 1 if more == before and not new else 0
        if still > 1:
            findings.add(STANDS_STILL, path)
            break
        before = more
    return list(rows.values())


def _take(rows: dict[str, Row], page: Any, findings: Findings) -> int:
    """Adds what is new on a page; returns how many rows that were."""
    held = page.get("data") if isinstance(page, Mapping) else None
    count = len(rows)
    for row in held if isinstance(held, list) else []:
        if isinstance(row, Mapping):
            rows.setdefault(json.dumps(row, sort_keys=True), row)
        else:
            findings.add(NO_ROW, row)
    return len(rows) - count


def _next(page: Any, params: Mapping[str, Any], findings: Findings) -> dict[str, Any]:
    """The parameters of the page behind; empty at the end. A page is the last one when it has no `next`, even if it has a cursor."""
    paging = page.get("paging") if isinstance(page, Mapping) else None
    link = paging.get("next") if isinstance(paging, Mapping) else None
    if not link:
        return {}
    cursors = paging.get("cursors")
    if isinstance(cursors, Mapping) and cursors.get("after"):
        return {**params, "after": cursors["after"]}
    told = dict(parse_qsl(urlsplit(str(link)).query))
    place = {name: told[name] for name in ("after", "offset", "__after_id", "__paging_token") if told.get(name)}
    if not place:
        findings.add(NO_CURSOR, link)
        return {}
    return {**params, **place}
