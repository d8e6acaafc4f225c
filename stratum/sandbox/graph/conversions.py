"""Conversions API: one bad event refuses the whole request."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Any

from stratum.core.currencies import currencies
from stratum.sandbox.graph.errors import GraphError, parameter
from stratum.sandbox.graph.fields import as_json

MAX_EVENTS, MAX_AGE_DAYS, MAX_STORE_AGE_DAYS = 1000, 7, 62
ACTION_SOURCES = frozenset(
    {
        "email",
        "website",
        "app",
        "phone_call",
        "chat",
        "physical_store",
        "system_generated",
        "business_messaging",
        "other",
    }
)
USER_KEYS = frozenset(
    {
        "em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country", "external_id", "client_ip_address", "client_user_agent",
        "fbc", "fbp", "subscription_id", "fb_login_id", "lead_id", "anon_id", "madid", "page_id", "page_scoped_user_id",
        "ctwa_clid", "ig_account_id", "ig_sid",
    }
)  # fmt: skip
APP_DATA = ("advertiser_tracking_enabled", "application_tracking_enabled", "extinfo")
CHANNELS = ("messenger", "instagram", "whatsapp")
HASHED = ("em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country")
NEVER_HASHED = ("client_ip_address", "client_user_agent", "fbc", "fbp", "lead_id")
HASH = re.compile(r"^[0-9a-f]{64}$")
SAME_WITHIN_SECONDS = 48 * 3600
TOO_LITTLE = (
    frozenset({"ct", "country", "st", "zp", "ge", "client_user_agent"}),
    frozenset({"db", "client_user_agent"}),
    frozenset({"fn", "ge"}),
    frozenset({"ln", "ge"}),
)


def read_events(body: Any) -> list[dict[str, Any]]:
    """`data` as a JSON list, as the text of one, or as a list of texts; GraphError 100 otherwise."""
    data = as_json(body.get("data"), "data") if isinstance(body, dict) else None
    if not isinstance(data, list) or not data:
        raise parameter("The parameter data is required")
    if len(data) > MAX_EVENTS:
        raise parameter(f"Too many events: at most {MAX_EVENTS} in one request")
    events = [as_json(event, "data") for event in data]
    if not all(isinstance(event, dict) for event in events):
        raise parameter("Each event in data must be an object")
    return events


def check_events(events: list[dict[str, Any]], now: datetime) -> None:
    """Raises for the first event that Meta would refuse, and with it the request."""
    for index, event in enumerate(events):
        _check_frame(event, index, now)
        _check_person(event, index)
        _check_money(event)


def _check_frame(event: dict[str, Any], index: int, now: datetime) -> None:
    if not isinstance(event.get("event_name"), str) or not event["event_name"]:
        raise _invalid(index, "event_name")
    moment = event.get("event_time")
    if isinstance(moment, str) and moment.isdigit():
        moment = int(moment)
    if isinstance(moment, bool) or not isinstance(moment, int) or moment > now.timestamp() + 86400:
        raise _invalid(index, "event_time")
    source = event.get("action_source")
    if source not in ACTION_SOURCES:
        raise _invalid(index, "action_source")
    days = MAX_STORE_AGE_DAYS if source == "physical_store" else MAX_AGE_DAYS
    if now.timestamp() - moment > days * 86400:
        raise GraphError(
            100, "Invalid parameter", subcode=2804003,
            error_user_title="Event Timestamp Too Old",
            error_user_msg="The timestamp for this event is too far in the past. Events need to be sent from your server within 7 days of "
            "when they occurred.",
        )  # fmt: skip
    if source == "website" and not (
        event.get("event_source_url") and (event.get("user_data") or {}).get("client_user_agent")
    ):
        raise _invalid(index, "event_source_url and client_user_agent")
    app = event.get("app_data")
    if source == "app" and not (isinstance(app, dict) and all(name in app for name in APP_DATA)):
        raise _invalid(index, f"app_data with {', '.join(APP_DATA)}")
    if source == "business_messaging" and event.get("messaging_channel") not in CHANNELS:
        raise _invalid(index, "messaging_channel")


def _check_person(event: dict[str, Any], index: int) -> None:
    person = event.get("user_data")
    if not isinstance(person, dict):
        raise _invalid(index, "user_data")
    usable = {name for name, value in person.items() if name in USER_KEYS and value not in (None, "", [], [""])}
    if not usable or any(usable <= combination for combination in TOO_LITTLE):
        raise _invalid(index, "user_data")
    for name in HASHED:
        values = person.get(name) or []
        if not all(HASH.match(str(value)) for value in (values if isinstance(values, list) else [values])):
            raise _invalid(index, f"user_data.{name}, which must be a SHA-256 hash,")


def counted(events: list[dict[str, Any]]) -> dict[str, int]:
    """Received events, repeats that Meta would drop, and those with a hash where none may be: they only fail to match."""
    last: dict[tuple[str, str], int] = {}
    repeated = 0
    for event in events:
        key, moment = (event["event_name"], str(event.get("event_id"))), int(event["event_time"])
        repeated += "event_id" in event and key in last and moment - last[key] <= SAME_WITHIN_SECONDS
        last[key] = moment
    lost = sum(any(HASH.match(str(e["user_data"].get(name))) for name in NEVER_HASHED) for e in events)
    return {"received": len(events), "repeated": repeated, "hashed_by_mistake": lost}


def _check_money(event: dict[str, Any]) -> None:
    if event["event_name"] != "Purchase":
        return
    custom = event.get("custom_data") or {}
    try:
        valued = math.isfinite(float(custom["value"])) and str(custom["currency"]).upper() in currencies()
    except (KeyError, TypeError, ValueError):
        valued = False
    if not valued:
        raise GraphError(100, "Invalid parameter", subcode=2804009, error_user_title="Missing Value for Purchase Event")


def _invalid(index: int, name: str) -> GraphError:
    return GraphError(
        100,
        "Invalid parameter",
        error_user_title="Invalid event",
        error_user_msg=f"Event {index}: {name} is missing or invalid.",
    )
