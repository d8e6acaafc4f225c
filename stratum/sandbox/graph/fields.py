"""The `fields` language: names, names{with,names,inside}, and names.limit(2){of,edges} with parameters of their own."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from stratum.sandbox.graph.errors import parameter

PARAMETER = re.compile(r"\.(\w+)\(([^)]*)\)")


@dataclass(frozen=True)
class Asked:
    """What was asked for inside of a field, as text, and the parameters of an edge."""

    inside: str = ""
    params: dict[str, str] = field(default_factory=dict)


Selection = dict[str, Asked]


def parse_fields(text: str) -> Selection:
    """`id,adsets.limit(2){id,name}` becomes {'id': Asked(), 'adsets': Asked('id,name', {'limit': '2'})}."""
    found: Selection = {}
    depth, start = 0, 0
    for place, letter in enumerate(text + ","):
        depth += (letter in "{(") - (letter in "})")
        if letter == "," and depth == 0:
            head, _, inside = text[start:place].strip().partition("{")
            if head:
                found[head.partition(".")[0]] = Asked(inside.removesuffix("}"), dict(PARAMETER.findall(head)))
            start = place + 1
    return found


def select(whole: dict[str, Any], selection: Selection) -> dict[str, Any]:
    """The asked-for fields that have a value, and always the id."""
    found = {"id": whole["id"]} if "id" in whole else {}
    for name, asked in selection.items():
        value = whole.get(name)
        if value is None:
            continue
        inside = parse_fields(asked.inside)
        found[name] = select(value, inside) if inside and isinstance(value, dict) else _by_reference(name, value)
    return found


def _by_reference(name: str, value: Any) -> Any:
    # An embedded object without a selection of its own shows its id only.
    return (
        {"id": value["id"]}
        if isinstance(value, dict) and "id" in value and name in ("creative", "campaign", "adset")
        else value
    )


def as_json(value: Any, name: str) -> Any:
    """A parameter that is JSON, or the text of it; error 100 when it cannot be read."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise parameter(f"{name} must be valid JSON") from None


def as_names(value: Any) -> str:
    """`fields` as one comma-separated text, whether it came as that, as JSON or as a list."""
    if isinstance(value, str) and value.startswith("["):
        value = as_json(value, "fields")
    return ",".join(str(name) for name in value) if isinstance(value, list) else str(value or "")
