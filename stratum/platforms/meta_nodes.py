"""Meta's campaigns, ad sets and ads from the rows of its lists. What cannot be read of a budget counts as money that may flow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from stratum.platforms.delivery import LONGEST_STATUS
from stratum.platforms.findings import Findings
from stratum.platforms.meta_money import from_meta
from stratum.platforms.meta_targeting import audience_text
from stratum.platforms.nodes import FixedBudget, Node

NO_ID = "A campaign, ad set or ad without an id: left out"
NO_PARENT = "An ad set or ad that does not name what it lies in: left out"
NO_NAME = "A campaign, ad set or ad without a name: shown by its id"
NO_BUDGET = "A budget that is no number: what it may cost a day is not known, so nothing is raised"
PARENTS = ("campaign_id", "adset_id")


def nodes_of(rows: Iterable[Mapping[str, Any]], currency: str, findings: Findings) -> list[Node]:
    """Each once, the last row of an id; what has no id, or an empty parent, is left out and counted."""
    found: dict[str, Node] = {}
    for row in rows:
        if not row.get("id"):
            findings.add(NO_ID, row.get("name") or row)
        elif any(name in row and not row[name] for name in PARENTS):
            findings.add(NO_PARENT, row["id"])
        else:
            found[str(row["id"])] = _node(row, currency, findings)
    return list(found.values())


def _node(row: Mapping[str, Any], currency: str, findings: Findings) -> Node:
    if not row.get("name"):
        findings.add(NO_NAME, row["id"])
    try:
        daily, fixed = budget_of(row, currency), _lifetime(row, currency)
    except (TypeError, ValueError):
        findings.add(NO_BUDGET, row["id"])
        daily, fixed = None, FixedBudget(str(row["id"]), None)
    creative = row.get("creative")
    return Node(
        id=str(row["id"]),
        name=str(row.get("name") or row["id"]),
        status=str(row.get("effective_status") or "UNKNOWN")[:LONGEST_STATUS],
        campaign_id=str(row.get("campaign_id") or ""),
        adset_id=str(row.get("adset_id") or ""),
        audience=audience_text(row.get("targeting")),
        daily_budget=daily,
        fixed_budget=fixed,
        url_tags=str(creative.get("url_tags") or "") if isinstance(creative, Mapping) else None,
    )


def budget_of(row: Mapping[str, Any], currency: str) -> int | None:
    """Absent or "0" where another level, or a lifetime budget, holds the money."""
    return from_meta(row["daily_budget"], currency) if int(row.get("daily_budget") or 0) > 0 else None


def _lifetime(row: Mapping[str, Any], currency: str) -> FixedBudget | None:
    """All of it counts as left where Meta does not say what is. Campaigns stop when the last of their ad sets ends."""
    if int(row.get("lifetime_budget") or 0) <= 0:
        return None
    left = from_meta(row.get("budget_remaining", row["lifetime_budget"]), currency)
    starts_at, ends_at = _time(row.get("start_time")), _time(row.get("end_time") or row.get("stop_time"))
    return FixedBudget(row["id"], left if ends_at else None, starts_at, ends_at)


def _time(text: str | None) -> datetime | None:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z") if text else None
