"""Meta's Insights: rows by ad, campaign and account. Numbers arrive as strings, and what did not happen is absent, not zero."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from stratum.platforms.account_days import DayTotal, InsightRow
from stratum.platforms.conversion_kinds import decimal_of, value_of
from stratum.platforms.delivery import META
from stratum.platforms.findings import Findings
from stratum.platforms.http import TryLater, with_patience
from stratum.platforms.meta_errors import TooMuchData
from stratum.platforms.meta_graph import Graph

FIGURES = "date_start,spend,impressions,clicks,actions,action_values"
CAMPAIGN_FIELDS = f"campaign_id,campaign_name,{FIGURES}"
FIELDS = f"ad_id,ad_name,adset_id,reach,frequency,{CAMPAIGN_FIELDS}"
EVERY_STATE = json.dumps([{"field": "ad.effective_status", "operator": "IN", "value": sorted(META)}])
"""Without it, insights say nothing of what deleted and archived ads spent."""
LONGEST_REPORT_SECONDS = 600.0
NO_AD = "A row of insights without an ad or a day: its figures are in the rest of its campaign or account"
NO_FIGURE = "A figure of insights that is no number: counted as none"
TWICE = "An ad's day was reported twice: the last report counts"


class ReportFailed(TooMuchData):
    """Meta could not make a report; a shorter one may succeed."""


def insight_rows(graph: Graph, path: str, since: date, until: date, *, level: str, fields: str) -> list[Any]:
    """A row for each object and day. What is too much at once is asked for as a report, then in halves, then in small pages."""
    days = json.dumps({"since": since.isoformat(), "until": until.isoformat()})
    params = {"level": level, "time_increment": 1, "time_range": days, "fields": fields}
    if level == "ad":
        params["filtering"] = EVERY_STATE
    if since == until:
        return graph.pages(path, **params)
    try:
        return graph.whole_pages(path, **params)
    except TooMuchData:
        pass
    try:
        report = with_patience(lambda: finished_report(graph, path, params))
        return graph.pages(f"{report}/insights")
    except TooMuchData:
        middle = since + (until - since) // 2
    halves = ((since, middle), (middle + timedelta(days=1), until))
    return [row for half in halves for row in insight_rows(graph, path, *half, level=level, fields=fields)]


def parsed_rows(rows: Iterable[Mapping[str, Any]], kind: str, findings: Findings) -> list[InsightRow]:
    """Of each ad's day one row, `kind` the action type that is counted. Bad rows are left out and counted."""
    found: dict[tuple[str, date], InsightRow] = {}
    for row in rows:
        day = _day(row)
        if day is None or not row.get("ad_id"):
            findings.add(NO_AD, row.get("campaign_name") or row.get("date_start") or row)
            continue
        key = (str(row["ad_id"]), day)
        if key in found:
            findings.add(TWICE, f"{key[0]} on {day}")
        found[key] = _parsed(row, day, kind, findings)
    return list(found.values())


def parsed_totals(rows: Iterable[Mapping[str, Any]], kind: str, findings: Findings) -> list[DayTotal]:
    """The platform's own sums, of campaigns where the rows name them."""
    found = {}
    for row in rows:
        if (day := _day(row)) is None:
            findings.add(NO_AD, row)
            continue
        total = DayTotal(
            day,
            str(row.get("campaign_id") or ""),
            row.get("campaign_name") or "",
            number_of(row, "spend", findings),
            int(number_of(row, "impressions", findings)),
            int(number_of(row, "clicks", findings)),
            value_of(row.get("actions"), kind, findings),
            value_of(row.get("action_values"), kind, findings),
        )
        found[day, total.campaign_id] = total
    return list(found.values())


def number_of(row: Mapping[str, Any], name: str, findings: Findings) -> Decimal:
    number = decimal_of(row.get(name) or "0")
    if number is None:
        findings.add(NO_FIGURE, f"{name}: {row.get(name)}")
    return number or Decimal(0)


def _day(row: Mapping[str, Any]) -> date | None:
    try:
        return date.fromisoformat(row.get("date_start") or "")
    except (TypeError, ValueError):
        return None


def _parsed(row: Mapping[str, Any], day: date, kind: str, findings: Findings) -> InsightRow:
    return InsightRow(
        ad_id=str(row["ad_id"]),
        ad_name=row.get("ad_name") or "",
        adset_id=row.get("adset_id") or "",
        campaign_id=row.get("campaign_id") or "",
        campaign_name=row.get("campaign_name") or "",
        day=day,
        spend=number_of(row, "spend", findings),
        impressions=int(number_of(row, "impressions", findings)),
        clicks=int(number_of(row, "clicks", findings)),
        reach=int(number_of(row, "reach", findings)) or None,
        frequency=float(number_of(row, "frequency", findings)) or None,
        conversions=value_of(row.get("actions"), kind, findings),
        conversion_value=value_of(row.get("action_values"), kind, findings),
    )


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
            raise ReportFailed(f"Meta could not make the report {report}: {status}")
        time.sleep(poll_seconds)
    raise TryLater(f"the report {report} is not finished yet", LONGEST_REPORT_SECONDS)
