"""Pages that Meta should not give and at times gives."""

from __future__ import annotations

from datetime import date
from typing import Any

from stratum.sandbox.faults import Faults
from stratum.sandbox.graph.errors import GraphError
from stratum.sandbox.graph.fields import as_json


def refuse_too_much(faults: Faults, params: dict[str, Any], path: str) -> None:
    """The error of a question that is too large (`too_much_data`), and of a place in a list that was forgotten (`dead_cursor`)."""
    if params.get("after") and faults.take("dead_cursor", server="graph", path=path):
        raise GraphError(100, "(#100) Invalid cursors values", subcode=33)
    for fault in faults.standing("too_much_data", path):
        if fault.rows is not None and int(params.get("limit") or 25) > fault.rows:
            raise GraphError(1, "An unknown error occurred", subcode=99, status=500)
        if fault.days is not None and _days(params) > fault.days:
            raise GraphError(100, subcode=1487534)


def _days(params: dict[str, Any]) -> int:
    span = as_json(params.get("time_range") or "{}", "time_range")
    if not span:
        return 0
    return (date.fromisoformat(span["until"]) - date.fromisoformat(span["since"])).days + 1


def spoilt(faults: Faults, page: dict[str, Any], path: str) -> dict[str, Any]:
    """The page as the faults that wait for one make it."""

    def strikes(name: str) -> bool:
        return bool(page["data"]) and faults.take(name, server="graph", path=path) is not None

    rows, paging = page["data"], page.get("paging", {})
    if strikes("row_twice"):
        rows = [*rows, rows[0]]
    if strikes("row_without_id"):
        rows = [{name: value for name, value in rows[0].items() if name not in ("id", "ad_id")}, *rows[1:]]
    if strikes("null_name"):
        rows = [{name: None if name.endswith("name") else value for name, value in rows[0].items()}, *rows[1:]]
    if strikes("action_without_value"):
        rows = [
            {**rows[0], "actions": [{"action_type": "lead"}, {"value": "3"}, *rows[0].get("actions", [])]},
            *rows[1:],
        ]
    if paging and faults.take("same_cursor", server="graph", path=path):
        paging = {**paging, "next": f"https://graph.example/{path}?after={paging['cursors']['after']}"}
    if "next" in paging and strikes("no_cursors"):
        paging = {"next": paging["next"]}
    return {**page, "data": rows} | ({"paging": paging} if paging else {})
