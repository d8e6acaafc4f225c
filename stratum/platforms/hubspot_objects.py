"""What HubSpot tells of deals and contacts: every value is text or absent, and some have a history."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

DEAL_PROPERTIES = [
    "dealname",
    "amount",
    "amount_in_home_currency",
    "deal_currency_code",
    "dealstage",
    "pipeline",
    "createdate",
    "closedate",
    "hs_lastmodifieddate",
    "hs_is_closed",
    "hs_is_closed_won",
    "hs_deal_stage_probability",
    "hs_merged_object_ids",
]
DEAL_HISTORY = ["dealstage", "amount", "deal_currency_code"]
CONTACT_PROPERTIES = [
    "email",
    "phone",
    "firstname",
    "lastname",
    "city",
    "zip",
    "country",
    "company",
    "createdate",
    "lastmodifieddate",
    "hs_facebook_click_id",
    "hs_google_click_id",
    "hs_analytics_first_url",
    "hs_analytics_last_url",
    "hs_data_privacy_ads_consent",
    "stratum_anonymous_id",
    "stratum_fingerprint",
    "stratum_ip",
    "stratum_user_agent",
    "stratum_fbp",
    "stratum_click_id",
    "stratum_click_id_kind",
    "stratum_click_id_seen_at",
    "stratum_meta_lead_id",
    "stratum_form_id",
    "ip_country_code",
]


def present(properties: dict[str, Any]) -> dict[str, str]:
    """HubSpot's properties as text, without the empty ones: an absent amount is not a zero."""
    return {name: str(value) for name, value in properties.items() if value not in (None, "")}


def instant(text: str) -> datetime | None:
    """A moment as HubSpot writes it: ISO 8601, or milliseconds since 1970 in a text property. None when it is neither."""
    try:
        if text.isascii() and text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Told:
    """Reads typed values out of properties; None is what is absent or cannot be read."""

    properties: dict[str, str]

    def text(self, name: str) -> str:
        return self.properties.get(name) or ""

    def decimal(self, name: str) -> Decimal | None:
        try:
            number = Decimal(self.text(name))
        except InvalidOperation:
            return None
        return number if number.is_finite() else None

    def flag(self, name: str) -> bool | None:
        return {"true": True, "false": False}.get(self.text(name).lower())

    def instant(self, name: str) -> datetime | None:
        return instant(self.text(name))


@dataclass(frozen=True)
class Then:
    """What a property became, and when."""

    value: str
    at: datetime


@dataclass(frozen=True)
class CrmContact(Told):
    contact_id: str
    properties: dict[str, str]


@dataclass(frozen=True)
class CrmDeal(Told):
    deal_id: str
    properties: dict[str, str]
    contacts: tuple[CrmContact, ...] = ()
    history: dict[str, tuple[Then, ...]] = field(default_factory=dict)

    @property
    def merged_ids(self) -> list[str]:
        """The deals that went into this one; HubSpot lists them with semicolons."""
        return [one for one in self.text("hs_merged_object_ids").split(";") if one]

    def last_change_of(self, *names: str) -> datetime | None:
        return max((then.at for name in names for then in self.history.get(name, ())), default=None)


@dataclass(frozen=True)
class CrmStage:
    pipeline_id: str
    stage_id: str
    label: str
    probability: Decimal
    is_closed: bool


def history_of(row: dict[str, Any]) -> dict[str, tuple[Then, ...]]:
    """Property → its values, oldest first. A moment that cannot be read is left out."""
    found = {}
    for name, versions in (row.get("propertiesWithHistory") or {}).items():
        moments = [(instant(str(one.get("timestamp") or "")), str(one.get("value") or "")) for one in versions]
        found[name] = tuple(sorted((Then(value, at) for at, value in moments if at), key=lambda then: then.at))
    return found


@dataclass(frozen=True)
class CrmRow(Told):
    """A record as a list or a search shows it, without what belongs to it."""

    row_id: str
    properties: dict[str, str]
