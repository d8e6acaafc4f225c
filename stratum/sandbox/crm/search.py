"""Search: filters over the index, sorting and paging. Pure functions over property dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

Properties = dict[str, str | None]
MAX_GROUPS, MAX_FILTERS, MAX_TOTAL_FILTERS, MAX_LIMIT, MAX_RESULTS, MAX_BODY = 5, 6, 18, 200, 10_000, 3_000


class InvalidSearch(ValueError):
    """The message is the one the reply carries."""


@lru_cache(maxsize=100_000)
def comparable(value: str | None) -> float | str | None:
    """Numbers and dates (ISO or epoch milliseconds) as a number; other text in lower case; empty as None."""
    if value is None or value == "":
        return None
    text = str(value)
    try:
        return float(text)
    except ValueError:
        pass
    if len(text) >= 10 and text[4:5] == "-":
        try:
            moment = datetime.fromisoformat(text if "T" in text else f"{text}T00:00:00+00:00")
            return float(round(moment.timestamp() * 1000))
        except ValueError:
            pass
    return text.lower()


def _ordered(check: Callable[[Any, Any], bool]) -> Callable[[Any, dict[str, Any]], bool]:
    def compare(held: Any, given: dict[str, Any]) -> bool:
        wanted = comparable(given.get("value"))
        return held is not None and type(held) is type(wanted) and check(held, wanted)

    return compare


def _between(held: Any, given: dict[str, Any]) -> bool:
    low, high = comparable(given.get("value")), comparable(given.get("highValue"))
    return held is not None and type(held) is type(low) is type(high) and low <= held <= high  # type: ignore[operator]


OPERATORS: dict[str, Callable[[Any, dict[str, Any]], bool]] = {
    "EQ": _ordered(lambda held, wanted: held == wanted),
    "NEQ": lambda held, given: held is not None and held != comparable(given.get("value")),
    "GT": _ordered(lambda held, wanted: held > wanted),
    "GTE": _ordered(lambda held, wanted: held >= wanted),
    "LT": _ordered(lambda held, wanted: held < wanted),
    "LTE": _ordered(lambda held, wanted: held <= wanted),
    "BETWEEN": _between,
    "IN": lambda held, given: held is not None and held in {comparable(value) for value in given.get("values") or []},
    "NOT_IN": lambda held, given: (
        held is not None and held not in {comparable(value) for value in given.get("values") or []}
    ),
    "HAS_PROPERTY": lambda held, given: held is not None,
    "NOT_HAS_PROPERTY": lambda held, given: held is None,
    "CONTAINS_TOKEN": lambda held, given: str(given.get("value", "")).strip("*").lower() in str(held or ""),
}


def check_request(wanted: dict[str, Any], size: int) -> None:
    """Raises InvalidSearch for what HubSpot answers with 400."""
    groups = wanted.get("filterGroups") or []
    counts = [len(group.get("filters") or []) for group in groups]
    if size > MAX_BODY:
        raise InvalidSearch(f"The request body is longer than {MAX_BODY} characters.")
    if len(groups) > MAX_GROUPS or any(count > MAX_FILTERS for count in counts) or sum(counts) > MAX_TOTAL_FILTERS:
        raise InvalidSearch(
            f"A search has at most {MAX_GROUPS} filterGroups of {MAX_FILTERS} filters, {MAX_TOTAL_FILTERS} in all."
        )
    for group in groups:
        for condition in group.get("filters") or []:
            if condition.get("operator") not in OPERATORS or not condition.get("propertyName"):
                raise InvalidSearch(f"Invalid filter: {condition}")
    limit = int(wanted.get("limit") or 10)
    after = str(wanted.get("after") or "0")
    if not 0 < limit <= MAX_LIMIT:
        raise InvalidSearch(f"The limit must be between 1 and {MAX_LIMIT}.")
    if not after.isdigit():
        raise InvalidSearch("The 'after' cursor is not valid.")
    if int(after) + limit > MAX_RESULTS:
        raise InvalidSearch(f"Search results are limited to {MAX_RESULTS} records; narrow the filters.")


def matches(properties: Properties, groups: list[dict[str, Any]]) -> bool:
    """Any group of filters, all filters of it; no groups match everything."""
    return not groups or any(
        all(
            OPERATORS[condition["operator"]](comparable(properties.get(condition["propertyName"])), condition)
            for condition in group.get("filters") or []
        )
        for group in groups
    )


def sort_rows(rows: Iterable[Properties], sorts: list[Any]) -> list[Properties]:
    """By the first sort given (an object, or a name with an optional minus); by id without one."""
    name, descending = "hs_object_id", False
    if sorts and isinstance(sorts[0], dict):
        name, descending = sorts[0].get("propertyName", name), sorts[0].get("direction") == "DESCENDING"
    elif sorts:
        name, descending = str(sorts[0]).lstrip("-"), str(sorts[0]).startswith("-")

    def rank(row: Properties) -> tuple[bool, bool, float, str]:
        value = comparable(row.get(name))
        number = value if isinstance(value, float) else 0.0
        return value is not None, isinstance(value, str), number, value if isinstance(value, str) else ""

    return sorted(rows, key=rank, reverse=descending)
