"""An event of Google's Data Manager API (`events.ingest`), and the rules it is refused by, checked before it is sent.

Source: developers.google.com/data-manager/api, "Send events". Results come later, by the request's id.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from attribution.domain.conversions.conversion import ADS, Conversion, Told, stop
from attribution.domain.conversions.meta_event import (
    in_the_future,
    nameless,
    negative_value,
    purchase_without_value,
    unknown_source,
    value_without_currency,
)
from attribution.domain.user_data.clicks import clicks_in_time
from attribution.domain.user_data.findings import Finding
from attribution.domain.user_data.google import identifiers

LONGEST_WAIT = timedelta(days=90)
CLICK_IDS = ("gclid", "gbraid", "wbraid")
SOURCES = {"website": "WEB", "app": "APP", "physical_store": "IN_STORE", "phone_call": "PHONE"}


def longest_wait(action_source: str) -> timedelta:
    return LONGEST_WAIT


def too_old(conversion: Conversion, now: datetime) -> Finding | None:
    if now - conversion.occurred_at <= LONGEST_WAIT:
        return None
    return stop(
        "too_old",
        "event_time",
        f"It happened more than {LONGEST_WAIT.days} days ago: no click window reaches that far.",
    )


CHECKS: tuple[Callable[[Conversion, datetime], Finding | None], ...] = (
    nameless, unknown_source, too_old, in_the_future, purchase_without_value, value_without_currency, negative_value,
)  # fmt: skip


def google_event(conversion: Conversion, *, region: str, now: datetime) -> Told:
    """The event as Google is sent it. Of several click ids only the first counts: Google takes one."""
    person, findings = clicks_in_time(conversion.person, now=now, happened_at=conversion.occurred_at)
    found, left_out = identifiers(person, region=region)
    findings += [*left_out, *conversion.findings, *_not_known_there(conversion)]
    findings += [problem for check in CHECKS if (problem := check(conversion, now))]
    click = next(({name: value} for name in CLICK_IDS if (value := person.one(name))), {})
    if not found and not click:
        findings.append(stop("nobody", "userData", "Without a click id, e-mail or phone Google could match nobody."))
    body: dict[str, Any] = {
        "transactionId": conversion.event_id,
        "eventTimestamp": conversion.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": SOURCES.get(conversion.action_source, "OTHER"),
        "eventName": conversion.name,
        "consent": _consent(conversion),
    }
    device = {
        key: value
        for key, name in (("userAgent", "client_user_agent"), ("ipAddress", "client_ip_address"))
        if (value := person.one(name))
    }
    if click or device:
        body["adIdentifiers"] = click | ({"landingPageDeviceInfo": device} if device else {})
    if found:
        body["userData"] = {"userIdentifiers": found}
    if conversion.value is not None and conversion.currency:
        body |= {"conversionValue": float(conversion.value), "currency": conversion.currency.upper()}
    return Told(body, tuple(findings))


def _not_known_there(conversion: Conversion) -> list[Finding]:
    """What Google's API has no field for: it stops the event where it says how the event may be used or what it is."""
    stops = [
        *conversion.passed_on,
        *(["data_processing_options"] if conversion.limited_use and conversion.limited_use.on else []),
    ]
    findings = [
        stop("not_passed_on", name, "Google's API has no such field: send the event without it.") for name in stops
    ]
    return findings + [
        Finding(f"custom_data.{name}"[:80], "Not sent: Google's API has no such field.", code="not_passed_on")
        for name in conversion.more
    ]


def _consent(conversion: Conversion) -> dict[str, str]:
    given = {None: "CONSENT_STATUS_UNSPECIFIED", ADS: "CONSENT_GRANTED"}.get(conversion.consent, "CONSENT_DENIED")
    return {"adUserData": given, "adPersonalization": given}
