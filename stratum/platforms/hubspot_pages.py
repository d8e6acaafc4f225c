"""All of a portal's records, or those that changed, page by page: none skipped, none asked for without end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from stratum.platforms.http import NoAnswer
from stratum.platforms.hubspot import HubSpot
from stratum.platforms.hubspot_objects import CrmRow, present

SEARCH_PAGE, LIST_PAGE, LIST_TRIES = 200, 100, 8
MOST_EMPTY_PAGES = 20
MODIFIED = {"deals": "hs_lastmodifieddate", "contacts": "lastmodifieddate"}
"""Contacts have a name of their own for it; the other name finds nothing and says nothing."""


def changed(
    hubspot: HubSpot, kind: str, since: datetime, until: datetime, properties: Sequence[str] = ()
) -> Iterator[list[CrmRow]]:
    """Records modified in [since, until], in pages.

    The window stands still and the pages go by id inside it, so that neither 10,000 rows of one millisecond nor rows that
    leave the window meanwhile (they were modified again) shift a page. The id is compared as it was told, never computed with.
    """
    name = MODIFIED[kind]
    window = [_filter(name, "GTE", _millis(since)), _filter(name, "LTE", _millis(until))]
    wanted: dict[str, Any] = {
        "properties": sorted({name, *properties}),
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "limit": SEARCH_PAGE,
    }
    beyond: list[dict[str, str]] = []
    after, empty = None, 0
    while True:
        body = wanted | {"filterGroups": [{"filters": beyond + window}]} | ({"after": after} if after else {})
        answer = hubspot.search(kind, body)
        rows = _rows(answer)
        if rows:
            yield rows
        goes_on = _after(answer)
        if goes_on is None:
            return
        empty = 0 if rows else empty + 1
        _give_up_on(empty)
        # An empty page may go on: then by its cursor. Otherwise beyond the last id, which no limit of results stops.
        after = None if rows else goes_on
        beyond = [_filter("hs_object_id", "GT", rows[-1].row_id)] if rows else beyond


def listed(
    hubspot: HubSpot, kind: str, properties: Sequence[str] = (), *, archived: bool = False
) -> Iterator[list[CrmRow]]:
    """All records, or all archived ones, in pages. Lists are true at once, where the search index lags behind."""
    query = {"limit": LIST_PAGE, "properties": ",".join(properties), "archived": str(archived).lower()}
    after, empty = None, 0
    while True:
        answer = hubspot.read(
            "GET", f"crm/v3/objects/{kind}", tries=LIST_TRIES, params=query | ({"after": after} if after else {})
        )
        rows = _rows(answer)
        if rows:
            yield rows
        after = _after(answer)
        if after is None:
            return
        empty = 0 if rows else empty + 1
        _give_up_on(empty)


def _filter(name: str, operator: str, value: str) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": value}


def _millis(at: datetime) -> str:
    return str(int(at.timestamp() * 1000))


def _rows(answer: dict[str, Any]) -> list[CrmRow]:
    return [CrmRow(str(row["id"]), present(row["properties"])) for row in answer.get("results", [])]


def _after(answer: dict[str, Any]) -> str | None:
    return ((answer.get("paging") or {}).get("next") or {}).get("after")


def _give_up_on(empty: int) -> None:
    if empty > MOST_EMPTY_PAGES:
        raise NoAnswer(f"HubSpot answered {empty} empty pages in a row and says that there are more")
