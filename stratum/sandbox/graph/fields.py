"""The `fields` language: names, and names{with,names,inside}."""

from __future__ import annotations

import json
from typing import Any

from stratum.sandbox.graph.errors import parameter

Selection = dict[str, "Selection | None"]


def parse_fields(text: str) -> Selection:
    """`id,creative{id,title}` becomes {'id': None, 'creative': {'id': None, 'title': None}}."""
    found: Selection = {}
    depth, start = 0, 0
    for place, letter in enumerate(text + ","):
        depth += (letter == "{") - (letter == "}")
        if letter == "," and depth == 0:
            name, _, inside = text[start:place].strip().partition("{")
            if name:
                found[name] = parse_fields(inside.removesuffix("}")) if inside else None
            start = place + 1
    return found


def select(whole: dict[str, Any], selection: Selection) -> dict[str, Any]:
    """The asked-for fields that have a value, and always the id."""
    found = {"id": whole["id"]} if "id" in whole else {}
    for name, inside in selection.items():
        value = whole.get(name)
        if value is None:
            continue
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
