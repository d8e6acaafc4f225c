"""HubSpot's CRM, read side: deals with their contacts, and the pipelines' own words on what won and lost mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings

from stratum.platforms.http import Answer, Connection, NoAnswer, Refused, TryLater, with_patience

PAGE = 100
TRY_LATER = {423: 2.0, 429: 1.0, 477: 10.0, 502: 1.0, 503: 1.0, 504: 1.0, 521: 2.0, 523: 2.0, 524: 2.0}
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
]
CONTACT_PROPERTIES = [
    "email",
    "phone",
    "hs_facebook_click_id",
    "hs_google_click_id",
    "stratum_anonymous_id",
    "stratum_fingerprint",
    "stratum_ip",
    "stratum_user_agent",
    "createdate",
]


@dataclass(frozen=True)
class CrmContact:
    contact_id: str
    properties: dict[str, str]


@dataclass(frozen=True)
class CrmDeal:
    """A deal as HubSpot tells it: every value is text or absent."""

    deal_id: str
    properties: dict[str, str]
    contacts: tuple[CrmContact, ...] = field(default=())

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
        try:
            return datetime.fromisoformat(self.text(name))
        except ValueError:
            return None


@dataclass(frozen=True)
class CrmStage:
    pipeline_id: str
    stage_id: str
    label: str
    probability: Decimal
    is_closed: bool


class HubSpot:
    def __init__(self, token: str, base_url: str | None = None) -> None:
        self._http = Connection(base_url or settings.HUBSPOT_API_URL, token)

    def pipelines(self) -> list[CrmStage]:
        body = self._read("GET", "crm/v3/pipelines/deals")
        return [
            CrmStage(
                pipeline["id"],
                stage["id"],
                stage["label"],
                Decimal(stage["metadata"].get("probability") or "0"),
                str(stage["metadata"].get("isClosed")).lower() == "true",
            )
            for pipeline in body["results"]
            for stage in pipeline["stages"]
        ]

    def deals(self, deal_ids: Sequence[str]) -> dict[str, CrmDeal | None]:
        """Deals with their contacts, by the id that was asked for. A merged deal comes back with another id; None is gone."""
        found: dict[str, CrmDeal | None] = {}
        for start in range(0, len(deal_ids), PAGE):
            ids = list(deal_ids[start : start + PAGE])
            deals = {deal.deal_id: deal for deal in self._batch("deals", ids, DEAL_PROPERTIES)}
            found |= {one: deals.get(one) or self._single(one) for one in ids}
        contacts = self._contacts_of(sorted({deal.deal_id for deal in found.values() if deal}))
        return {
            one: deal and CrmDeal(deal.deal_id, deal.properties, contacts.get(deal.deal_id, ()))
            for one, deal in found.items()
        }

    def _batch(self, kind: str, ids: list[str], properties: Sequence[str]) -> list[CrmDeal]:
        inputs = {"inputs": [{"id": one} for one in ids], "properties": list(properties)}
        body = self._read("POST", f"crm/v3/objects/{kind}/batch/read", json=inputs)
        return [CrmDeal(row["id"], present(row["properties"])) for row in body.get("results", [])]

    def _single(self, deal_id: str) -> CrmDeal | None:
        try:
            row = self._read("GET", f"crm/v3/objects/deals/{deal_id}", params={"properties": ",".join(DEAL_PROPERTIES)})
        except Refused as refused:
            if refused.status == 404:
                return None
            raise
        return CrmDeal(row["id"], present(row["properties"]))

    def _contacts_of(self, deal_ids: list[str]) -> dict[str, tuple[CrmContact, ...]]:
        links: dict[str, list[str]] = {}
        for start in range(0, len(deal_ids), PAGE):
            inputs = {"inputs": [{"id": one} for one in deal_ids[start : start + PAGE]]}
            body = self._read("POST", "crm/v4/associations/deals/contacts/batch/read", json=inputs)
            for row in body.get("results", []):
                links[str(row["from"]["id"])] = [str(end["toObjectId"]) for end in row["to"]]
        ids = sorted({contact for ends in links.values() for contact in ends})
        rows = [
            row
            for start in range(0, len(ids), PAGE)
            for row in self._batch("contacts", ids[start : start + PAGE], CONTACT_PROPERTIES)
        ]
        contacts = {row.deal_id: CrmContact(row.deal_id, row.properties) for row in rows}
        return {deal: tuple(contacts[one] for one in ends if one in contacts) for deal, ends in links.items()}

    def _read(self, method: str, path: str, **kwargs: Any) -> Any:
        """A read, repeated once: who asks keeps a queue and comes again. The POSTs here are reads too, none changes the CRM."""
        return with_patience(lambda: _judged(self._http.call(method, path, **kwargs)), tries=2, longest_wait=2.0)


def present(properties: dict[str, Any]) -> dict[str, str]:
    """HubSpot's properties as text, without the empty ones: an absent amount is not a zero."""
    return {name: str(value) for name, value in properties.items() if value not in (None, "")}


def _seconds(text: str | None) -> float:
    """A Retry-After in seconds; 0 for a date, which nothing here needs to understand."""
    return float(text) if text and re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text, re.ASCII) else 0.0


def _judged(answer: Answer) -> Any:
    if answer.status in (200, 201, 207) and isinstance(answer.body, dict):
        return answer.body
    message = answer.body.get("message", "") if isinstance(answer.body, dict) else ""
    told = f"HubSpot answered {answer.status}: {message}"[:300]
    if answer.status in TRY_LATER:
        raise TryLater(told, _seconds(answer.headers.get("Retry-After")) or TRY_LATER[answer.status])
    if answer.status >= 500 or answer.body is None:
        raise NoAnswer(told)
    raise Refused(told, status=answer.status)
