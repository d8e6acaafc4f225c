"""HubSpot's CRM, read side: deals with their contacts, and the pipelines' own words on what won and lost mean."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from django.conf import settings

from stratum.platforms.http import Answer, Connection, NoAnswer, Refused, TryLater, with_patience
from stratum.platforms.hubspot_objects import (
    CONTACT_PROPERTIES,
    DEAL_HISTORY,
    DEAL_PROPERTIES,
    CrmContact,
    CrmDeal,
    CrmStage,
    history_of,
    present,
)

BATCH, BATCH_WITH_HISTORY, ASSOCIATION_BATCH = 100, 50, 1000
SEARCH_SECONDS, SEARCH_TRIES = 0.22, 8
TRY_LATER = {423: 2.0, 429: 1.0, 477: 10.0, 502: 1.0, 503: 1.0, 504: 1.0, 521: 2.0, 523: 2.0, 524: 2.0}


class HubSpot:
    def __init__(self, token: str, base_url: str | None = None) -> None:
        self._http = Connection(base_url or settings.HUBSPOT_API_URL, token)
        self._searched_at = 0.0

    def pipelines(self) -> list[CrmStage]:
        body = self.read("GET", "crm/v3/pipelines/deals")
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
        for ids in _chunks(deal_ids, BATCH_WITH_HISTORY):
            rows = self._batch("deals", ids, DEAL_PROPERTIES, propertiesWithHistory=DEAL_HISTORY)
            deals = {row["id"]: _deal(row) for row in rows}
            found |= {one: deals.get(one) or self._single(one) for one in ids}
        contacts = self._contacts_of(sorted({deal.deal_id for deal in found.values() if deal}))
        return {
            one: deal and CrmDeal(deal.deal_id, deal.properties, contacts.get(deal.deal_id, ()), deal.history)
            for one, deal in found.items()
        }

    def contact_ids_of(self, deal_ids: Sequence[str]) -> dict[str, list[str]]:
        """The contacts that each deal has, in the CRM's order; deals without any are left out."""
        links: dict[str, list[str]] = {}
        for ids in _chunks(deal_ids, ASSOCIATION_BATCH):
            inputs = {"inputs": [{"id": one} for one in ids]}
            body = self.read("POST", "crm/v4/associations/deals/contacts/batch/read", json=inputs)
            for row in body.get("results", []):
                links[str(row["from"]["id"])] = [str(end["toObjectId"]) for end in row["to"]]
        return links

    def search(self, kind: str, wanted: dict[str, Any]) -> dict[str, Any]:
        """One page of a search. Five a second are allowed, and a refusal does not say until when."""
        time.sleep(max(0.0, self._searched_at + SEARCH_SECONDS - time.monotonic()))
        self._searched_at = time.monotonic()
        return self.read("POST", f"crm/v3/objects/{kind}/search", tries=SEARCH_TRIES, json=wanted)

    def _batch(self, kind: str, ids: list[str], properties: Sequence[str], **more: Any) -> list[dict[str, Any]]:
        inputs = {"inputs": [{"id": one} for one in ids], "properties": list(properties), **more}
        return self.read("POST", f"crm/v3/objects/{kind}/batch/read", json=inputs).get("results", [])

    def _single(self, deal_id: str) -> CrmDeal | None:
        wanted = {"properties": ",".join(DEAL_PROPERTIES), "propertiesWithHistory": ",".join(DEAL_HISTORY)}
        try:
            return _deal(self.read("GET", f"crm/v3/objects/deals/{deal_id}", params=wanted))
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def _contacts_of(self, deal_ids: list[str]) -> dict[str, tuple[CrmContact, ...]]:
        links = self.contact_ids_of(deal_ids)
        contacts = {
            row["id"]: CrmContact(row["id"], present(row["properties"]))
            for ids in _chunks(sorted({contact for ends in links.values() for contact in ends}), BATCH)
            for row in self._batch("contacts", ids, CONTACT_PROPERTIES)
        }
        # One that is linked and cannot be read (it was put away) stays a link, of which nothing is known.
        return {deal: tuple(contacts.get(one, CrmContact(one, {})) for one in ends) for deal, ends in links.items()}

    def read(self, method: str, path: str, *, tries: int = 2, **kwargs: Any) -> Any:
        """A read, repeated once: who asks keeps a queue and comes again. The POSTs here are reads too, none changes the CRM."""
        return with_patience(lambda: _judged(self._http.call(method, path, **kwargs)), tries=tries, longest_wait=2.0)


def _deal(row: dict[str, Any]) -> CrmDeal:
    return CrmDeal(row["id"], present(row["properties"]), history=history_of(row))


def _chunks(ids: Sequence[str], size: int) -> Iterator[list[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, size)):
        yield chunk


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
