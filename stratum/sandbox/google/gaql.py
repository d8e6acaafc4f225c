"""Google's query language as far as an advertiser's tool needs it: SELECT fields FROM resource WHERE conditions LIMIT count."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from stratum.sandbox.google.failures import AdsError

VALUE = r"(?:'[^']*'|\"[^\"]*\"|[\w.\-]+)"
QUERY = re.compile(
    r"^\s*SELECT\s+(?P<fields>.+?)\s+FROM\s+(?P<resource>\w+)(?:\s+WHERE\s+(?P<where>.+?))?(?:\s+LIMIT\s+(?P<limit>\d+))?\s*$",
    re.IGNORECASE | re.DOTALL,
)
CONDITION = re.compile(
    rf"\s*(?P<field>[\w.]+)\s*(?:(?P<is>!?=)\s*(?P<value>{VALUE})|\b(?P<among>NOT\s+IN|IN)\s*\((?P<values>[^()]*)\)"
    rf"|\bBETWEEN\s+(?P<least>{VALUE})\s+AND\s+(?P<most>{VALUE}))\s*(?:$|\bAND\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Condition:
    """`operator` is =, !=, IN, NOT IN or BETWEEN; values are text."""

    field: str
    operator: str
    values: tuple[str, ...]

    def holds(self, row: dict[str, Any]) -> bool:
        value = str(row[self.field])
        if self.operator == "BETWEEN":
            return self.values[0] <= value <= self.values[1]
        return (value in self.values) == (self.operator in ("=", "IN"))


@dataclass(frozen=True)
class Query:
    fields: tuple[str, ...]
    resource: str
    where: tuple[Condition, ...]
    limit: int | None


def read_query(text: str, known: dict[str, Collection[str]]) -> Query:
    """`known`: the fields of each resource. AdsError for what Google would not understand."""
    match = QUERY.match(text)
    if match is None:
        raise _query_error("UNEXPECTED_INPUT", "Error in query: unexpected input.")
    resource = match["resource"]
    if resource not in known:
        raise _query_error("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", f"Error in FROM clause: '{resource}' is no resource.")
    fields = tuple(field.strip() for field in match["fields"].split(","))
    where = _conditions(match["where"] or "")
    for field in (*fields, *(condition.field for condition in where)):
        if field not in known[resource]:
            raise _query_error("UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{field}'.")
    return Query(fields, resource, where, int(match["limit"]) if match["limit"] else None)


def _conditions(text: str) -> tuple[Condition, ...]:
    found, place = [], 0
    while place < len(text):
        match = CONDITION.match(text, place)
        if match is None:
            raise _query_error(
                "UNEXPECTED_INPUT", f"Error in WHERE clause: unexpected input at '{text[place:].strip()}'."
            )
        place = match.end()
        if match["is"]:
            found.append(Condition(match["field"], match["is"], (_bare(match["value"]),)))
        elif match["among"]:
            values = tuple(_bare(one) for one in match["values"].split(","))
            found.append(Condition(match["field"], " ".join(match["among"].upper().split()), values))
        else:
            found.append(Condition(match["field"], "BETWEEN", (_bare(match["least"]), _bare(match["most"]))))
    return tuple(found)


def _bare(value: str) -> str:
    return value.strip().strip("'\"")


def _query_error(code: str, message: str) -> AdsError:
    return AdsError("INVALID_ARGUMENT", ("queryError", code), message)
