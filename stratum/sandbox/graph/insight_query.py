"""What an insights request asks for: level, days, fields, windows and filters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from stratum.sandbox.graph.errors import GraphError, parameter
from stratum.sandbox.graph.fields import as_json, as_names

LEVELS = ("account", "campaign", "adset", "ad")
DEFAULT_FIELDS = "account_id,campaign_id,adset_id,ad_id,impressions,spend"
PRESETS = {"last_3d": 3, "last_7d": 7, "last_14d": 14, "last_28d": 28, "last_30d": 30, "last_90d": 90}
EFFECTIVE = {
    "ACTIVE", "PAUSED", "DELETED", "PENDING_REVIEW", "DISAPPROVED", "PREAPPROVED", "PENDING_BILLING_INFO", "CAMPAIGN_PAUSED",
    "ARCHIVED", "ADSET_PAUSED", "IN_PROCESS", "WITH_ISSUES",
}  # fmt: skip
MAX_DAYS = 37 * 30.5


@dataclass(frozen=True)
class Query:
    level: str
    since: date
    until: date
    step: int | None
    fields: tuple[str, ...]
    windows: tuple[str, ...]
    breakdowns: tuple[str, ...]
    chosen: dict[str, frozenset[str]]
    states: frozenset[str] = frozenset()
    """Effective statuses of ads; without them deleted and archived ones are in no rows of ads."""


def read_query(params: dict[str, Any], default_level: str, today: date) -> Query:
    """Raises GraphError 100 (or 3018 for a start beyond 37 months)."""
    level = str(params.get("level") or default_level)
    if level not in LEVELS:
        raise parameter(f"level must be one of {', '.join(LEVELS)}")
    since, until = _span(params, today)
    if (today - since).days > MAX_DAYS:
        raise GraphError(3018)
    step_text = str(params.get("time_increment") or "all_days")
    if step_text != "all_days" and not (step_text.isdigit() and 0 < int(step_text) <= 90):
        raise parameter("time_increment must be an integer between 1 and 90, or all_days")
    breakdowns = _listed(params, "breakdowns")
    if "dma" in breakdowns:
        raise parameter("breakdowns: dma is no longer available; use comscore_market")
    return Query(
        level=level,
        since=since,
        until=min(until, today),
        step=None if step_text == "all_days" else int(step_text),
        fields=tuple(name for name in (as_names(params.get("fields")) or DEFAULT_FIELDS).split(",") if name),
        windows=_listed(params, "action_attribution_windows"),
        breakdowns=breakdowns,
        chosen=_chosen(params),
        states=_states(params),
    )


def _listed(params: dict[str, Any], name: str) -> tuple[str, ...]:
    value = params.get(name) or []
    if isinstance(value, str):
        value = as_json(value, name) if value.startswith("[") else value.split(",")
    return tuple(value)


def _span(params: dict[str, Any], today: date) -> tuple[date, date]:
    if params.get("time_range"):
        span = as_json(params["time_range"], "time_range")
        try:
            since, until = date.fromisoformat(span["since"]), date.fromisoformat(span["until"])
        except (KeyError, TypeError, ValueError):
            raise parameter("time_range needs since and until as YYYY-MM-DD") from None
        if since > until:
            raise parameter("time_range: since must not be after until")
        return since, until
    preset = str(params.get("date_preset") or "last_30d")
    yesterday = today - timedelta(days=1)
    if preset in PRESETS:
        return today - timedelta(days=PRESETS[preset]), yesterday
    spans = {
        "today": (today, today),
        "yesterday": (yesterday, yesterday),
        "this_month": (today.replace(day=1), today),
        "maximum": (today - timedelta(days=int(MAX_DAYS)), today),
    }
    if preset not in spans:
        raise parameter(f"{preset} is not a date_preset")
    return spans[preset]


def _states(params: dict[str, Any]) -> frozenset[str]:
    found = [
        one for one in as_json(params.get("filtering") or [], "filtering") if one.get("field") == "ad.effective_status"
    ]
    for word in (word for one in found for word in one.get("value") or []):
        if word not in EFFECTIVE:
            raise parameter(f"filtering: {word} is not an effective_status")
    return frozenset(word for one in found for word in one.get("value") or [])


def _chosen(params: dict[str, Any]) -> dict[str, frozenset[str]]:
    """`filtering` by ids; other filters do not narrow anything."""
    found = {}
    for condition in as_json(params.get("filtering") or [], "filtering"):
        name = str(condition.get("field", "")).replace(".", "_")
        value = condition.get("value")
        if name in ("campaign_id", "adset_id", "ad_id", "id"):
            found[name] = frozenset(str(item) for item in (value if isinstance(value, list) else [value]))
    return found
