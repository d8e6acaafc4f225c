"""Rows of Meta's Insights, a row an ad and day. Numbers arrive as strings, and what did not happen is absent, not zero."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from stratum.platforms.http import Refused, TryLater
from stratum.platforms.meta_graph import Graph

FIELDS = "ad_id,ad_name,adset_id,campaign_id,campaign_name,date_start,spend,impressions,clicks,reach,frequency,actions,action_values"
ACTION_TYPES = (
    "omni_purchase",
    "purchase",
    "offsite_conversion.fb_pixel_purchase",
    "lead",
    "onsite_conversion.lead_grouped",
    "offsite_conversion.fb_pixel_lead",
)
"""Roll-ups of one another: exactly one is read, the first that the account reports, and they are never added up."""
LONGEST_REPORT_SECONDS = 600.0


@dataclass(frozen=True)
class InsightRow:
    """`day` is the account's local day; money in major units of the account's currency; None: not reported."""

    ad_id: str
    ad_name: str
    adset_id: str
    campaign_id: str
    campaign_name: str
    day: date
    spend: Decimal
    impressions: int
    clicks: int
    reach: int | None
    frequency: float | None
    conversions: Decimal | None
    conversion_value: Decimal | None


def parsed_rows(rows: Iterable[Mapping[str, Any]], action_type: str | None = None) -> list[InsightRow]:
    rows = list(rows)
    chosen = action_type or _reported_type(rows)
    return [_parsed(row, chosen) for row in rows]


def _reported_type(rows: list[Mapping[str, Any]]) -> str | None:
    reported = {action["action_type"] for row in rows for action in row.get("actions") or ()}
    return next((name for name in ACTION_TYPES if name in reported), None)


def _parsed(row: Mapping[str, Any], action_type: str | None) -> InsightRow:
    return InsightRow(
        ad_id=row["ad_id"],
        ad_name=row.get("ad_name", ""),
        adset_id=row.get("adset_id", ""),
        campaign_id=row.get("campaign_id", ""),
        campaign_name=row.get("campaign_name", ""),
        day=date.fromisoformat(row["date_start"]),
        spend=Decimal(row.get("spend") or "0"),
        impressions=int(row.get("impressions") or 0),
        clicks=int(row.get("clicks") or 0),
        reach=int(row["reach"]) if row.get("reach") else None,
        frequency=float(row["frequency"]) if row.get("frequency") else None,
        conversions=_value_of(row.get("actions"), action_type),
        conversion_value=_value_of(row.get("action_values"), action_type),
    )


def _value_of(actions: Iterable[Mapping[str, Any]] | None, action_type: str | None) -> Decimal | None:
    return next((Decimal(action["value"]) for action in actions or () if action["action_type"] == action_type), None)


def finished_report(graph: Graph, path: str, params: Mapping[str, Any], *, poll_seconds: float = 1.0) -> str:
    """Starts an asynchronous report and waits for it. Returns its id; reading it any earlier gives part of the rows, without an error."""
    report = graph.post(path, **params)["report_run_id"]
    deadline = time.monotonic() + LONGEST_REPORT_SECONDS
    while time.monotonic() < deadline:
        state = graph.get(report, fields="async_status,async_percent_completion")
        status, percent = state.get("async_status"), int(state.get("async_percent_completion") or 0)
        if status == "Job Completed" and percent == 100:
            return report
        if status in ("Job Failed", "Job Skipped"):
            raise Refused(f"Meta could not make the report {report}: {status}")
        time.sleep(poll_seconds)
    raise TryLater(f"the report {report} is not finished yet", LONGEST_REPORT_SECONDS)
