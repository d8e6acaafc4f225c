"""An event of Meta's Conversions API, and every rule that Meta would refuse it by, checked before it is sent.

One bad event refuses the whole request (developers.facebook.com, Conversions API, "Using the API"), so nothing is left to Meta's own check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from attribution.domain.conversions.conversion import ACTION_SOURCES, CRM, PURCHASE, Conversion, LimitedUse, Told, stop
from attribution.domain.user_data.clicks import CLOCKS_DIFFER
from attribution.domain.user_data.findings import Finding
from attribution.domain.user_data.meta import is_too_little, user_data

LONGEST_WAIT, LONGEST_WAIT_OF_STORES = timedelta(days=7), timedelta(days=62)
APP_DATA = ("advertiser_tracking_enabled", "application_tracking_enabled", "extinfo")
CHANNELS = ("messenger", "instagram", "whatsapp")
CRM_CONSTANTS = {"event_source": "crm", "lead_event_source": "HubSpot"}
"""Without these two an event of a CRM is accepted, shown, and never counted for lead optimisation."""


def nameless(conversion: Conversion, now: datetime) -> Finding | None:
    return None if conversion.name else stop("nameless", "event_name", "The event has no name.")


def unknown_source(conversion: Conversion, now: datetime) -> Finding | None:
    if conversion.action_source in ACTION_SOURCES:
        return None
    return stop("unknown_source", "action_source", f"The action source must be one of {', '.join(ACTION_SOURCES)}.")


def longest_wait(action_source: str) -> timedelta:
    """How long after it happened Meta still takes an event: seven days, and 62 for what happened in a store."""
    return LONGEST_WAIT_OF_STORES if action_source == "physical_store" else LONGEST_WAIT


def too_old(conversion: Conversion, now: datetime) -> Finding | None:
    longest = longest_wait(conversion.action_source)
    if now - conversion.occurred_at <= longest:
        return None
    return stop(
        "too_old", "event_time", f"It happened more than {longest.days} days ago, and Meta takes nothing older."
    )


def in_the_future(conversion: Conversion, now: datetime) -> Finding | None:
    if conversion.occurred_at <= now + CLOCKS_DIFFER:
        return None
    return stop("in_the_future", "event_time", "It has not happened yet.")


def before_its_lead(conversion: Conversion, now: datetime) -> Finding | None:
    if conversion.lead_at is None or conversion.occurred_at >= conversion.lead_at - CLOCKS_DIFFER:
        return None
    return stop("before_its_lead", "event_time", "It happened before its own lead came.")


def purchase_without_value(conversion: Conversion, now: datetime) -> Finding | None:
    if conversion.name != PURCHASE or (conversion.value is not None and conversion.currency):
        return None
    return stop("purchase_without_value", "value", "A purchase needs a value and a currency.")


def value_without_currency(conversion: Conversion, now: datetime) -> Finding | None:
    if conversion.value is None or conversion.currency or conversion.name == PURCHASE:
        return None
    return stop("value_without_currency", "currency", "A value needs its currency.")


def negative_value(conversion: Conversion, now: datetime) -> Finding | None:
    if conversion.value is None or conversion.value >= 0:
        return None
    return stop("negative_value", "value", "Meta has no way to take value back: a negative one is not sent.")


def website_without_page(conversion: Conversion, now: datetime) -> Finding | None:
    if conversion.action_source != "website":
        return None
    if not conversion.source_url:
        return stop("website_without_page", "event_source_url", "An event of a website needs the page's address.")
    if not conversion.person.one("client_user_agent"):
        return stop(
            "website_without_page", "client_user_agent", "An event of a website needs the browser's user agent."
        )
    return None


def app_without_its_data(conversion: Conversion, now: datetime) -> Finding | None:
    """Meta asks for three parts of `app_data` with every event of an app."""
    data = conversion.passed_on.get("app_data")
    if conversion.action_source != "app" and data is None:
        return None
    if isinstance(data, Mapping) and all(name in data for name in APP_DATA):
        return None
    return stop("app_without_its_data", "app_data", f"An event of an app needs app_data with {', '.join(APP_DATA)}.")


def message_without_its_channel(conversion: Conversion, now: datetime) -> Finding | None:
    channel = conversion.passed_on.get("messaging_channel")
    if channel in CHANNELS or (channel is None and conversion.action_source != "business_messaging"):
        return None
    return stop("message_without_its_channel", "messaging_channel", f"It must be one of {', '.join(CHANNELS)}.")


CHECKS: tuple[Callable[[Conversion, datetime], Finding | None], ...] = (
    nameless, unknown_source, too_old, in_the_future, before_its_lead, purchase_without_value, value_without_currency, negative_value,
    website_without_page, app_without_its_data, message_without_its_channel,
)  # fmt: skip


def meta_event(conversion: Conversion, *, region: str, limited_use: LimitedUse, now: datetime) -> Told:
    """The event as Meta is sent it. Personal data is normalised and hashed here and nowhere else. What the event itself says of
    limited data use comes before the destination's `limited_use`."""
    limited_use = conversion.limited_use or limited_use
    person, findings = user_data(conversion.person, region=region, now=now, happened_at=conversion.occurred_at)
    findings += conversion.findings
    findings += [found for check in CHECKS if (found := check(conversion, now))]
    if is_too_little(person):
        findings.append(
            stop("nobody", "user_data", "What is known of the person is too little for Meta to match anyone.")
        )
    body: dict[str, Any] = {
        **conversion.passed_on,
        "event_name": conversion.name,
        "event_time": int(conversion.occurred_at.timestamp()),
        "event_id": conversion.event_id,
        "action_source": conversion.action_source,
        "user_data": person,
        "data_processing_options": ["LDU"] if limited_use.on else [],
    }
    if limited_use.on:
        body["data_processing_options_country"] = limited_use.country
        body["data_processing_options_state"] = limited_use.state
    if conversion.source_url:
        body["event_source_url"] = conversion.source_url
    custom = _custom_data(conversion)
    return Told(body | ({"custom_data": custom} if custom else {}), tuple(findings))


def _custom_data(conversion: Conversion) -> dict[str, Any]:
    custom = dict(conversion.more)
    custom |= {"currency": conversion.currency.upper()} if conversion.currency else {}
    custom |= {"value": float(conversion.value)} if conversion.value is not None else {}
    return custom | (CRM_CONSTANTS if conversion.action_source == CRM else {})
