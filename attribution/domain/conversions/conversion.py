from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from attribution.domain.user_data.findings import Finding
from attribution.domain.user_data.person import Person

CRM = "system_generated"
ACTION_SOURCES = (
    CRM, "website", "email", "app", "phone_call", "chat", "physical_store", "business_messaging", "other",
)  # fmt: skip
PURCHASE, LEAD = "Purchase", "Lead"
NO_CONSENT, MEASUREMENT, ADS = 0, 1, 2


@dataclass(frozen=True)
class LimitedUse:
    """Limited data use (US states): country 1 is the USA, 0 lets Meta locate the person; state 1000 and up, 0 as for the country."""

    on: bool = False
    country: int = 0
    state: int = 0


@dataclass(frozen=True)
class Conversion:
    """Something that happened and that an ad platform may be told. `value` is in major units of `currency`; `lead_at`: when the
    deal's lead came; `consent`: 0 none, 1 measurement, 2 ads, None never asked; `more`: custom data as it is to be sent; `passed_on`: other
    fields of Meta's event as they came; `findings`: what is known of the event as it was given."""

    name: str
    event_id: str
    occurred_at: datetime
    person: Person
    action_source: str = CRM
    value: Decimal | None = None
    currency: str = ""
    source_url: str = ""
    lead_at: datetime | None = None
    consent: int | None = None
    limited_use: LimitedUse | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    passed_on: Mapping[str, Any] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Told:
    """The event as it would be sent, with what there is to know about it. One finding that stops, and it is not sent."""

    body: dict[str, Any]
    findings: tuple[Finding, ...]

    @property
    def stopped_by(self) -> Finding | None:
        return next((finding for finding in self.findings if finding.stops), None)


def stop(code: str, field: str, sentence: str) -> Finding:
    return Finding(field, sentence, stops=True, code=code)


def no_consent(conversion: Conversion, *, needed: bool) -> Finding | None:
    """Whoever said no is never told of; whoever was never asked only where the destination does not need consent."""
    if conversion.consent is not None and conversion.consent < ADS:
        return stop("no_consent", "consent", "The person did not agree to the use for ads.")
    if conversion.consent is None and needed:
        return stop("no_consent", "consent", "The person was never asked, and this destination needs consent.")
    return None
