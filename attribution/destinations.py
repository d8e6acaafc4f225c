"""One face for every platform that is told of conversions: how an event looks there, and how it gets there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Protocol

from attribution.domain.conversions import google_event as google
from attribution.domain.conversions import meta_event as meta
from attribution.domain.conversions import states
from attribution.domain.conversions.conversion import Conversion, LimitedUse, Told
from attribution.models import ConversionDestination
from stratum.platforms import google_data_manager, meta_capi
from stratum.platforms.google_data_manager import GoogleDataManager
from stratum.platforms.meta_capi import MetaCapi


class Face(Protocol):
    """`sent_is`: the status of an event after a good answer. `rehearses_there`: whether the platform offers a check without effect."""

    most_events: int
    sent_is: str
    rehearses_there: bool
    path: str

    def longest_wait(self, action_source: str) -> timedelta: ...

    def told(self, conversion: Conversion, now: datetime) -> Told: ...

    def request(self, events: Sequence[dict[str, Any]]) -> dict[str, Any]: ...

    def send(self, events: Sequence[dict[str, Any]]) -> str: ...


@dataclass
class MetaFace:
    destination: ConversionDestination
    most_events: int = meta_capi.MOST_EVENTS
    sent_is: str = states.SENT
    rehearses_there: bool = False

    @property
    def path(self) -> str:
        return f"/{meta_capi.events_path(self.destination.external_id)}"

    def longest_wait(self, action_source: str) -> timedelta:
        return meta.longest_wait(action_source)

    def told(self, conversion: Conversion, now: datetime) -> Told:
        of = self.destination
        limited = LimitedUse(of.limited_use, of.limited_use_country, of.limited_use_state)
        return meta.meta_event(conversion, region=of.default_region, limited_use=limited, now=now)

    def request(self, events: Sequence[dict[str, Any]]) -> dict[str, Any]:
        code = self.destination.test_event_code
        return {"data": list(events)} | ({"test_event_code": code} if code else {})

    @cached_property
    def _meta(self) -> MetaCapi:
        return MetaCapi(self.destination.access_token)

    def send(self, events: Sequence[dict[str, Any]]) -> str:
        return self._meta.send(self.destination.external_id, self.request(events))


@dataclass
class GoogleFace:
    """Google checks a request without effect (`validateOnly`), so a rehearsal there is a real one."""

    destination: ConversionDestination
    most_events: int = google_data_manager.MOST_EVENTS
    rehearses_there: bool = True
    path: str = f"/{google_data_manager.INGEST}"

    @property
    def sent_is(self) -> str:
        return states.REHEARSED if self.destination.dry_run else states.PROCESSING

    def longest_wait(self, action_source: str) -> timedelta:
        return google.longest_wait(action_source)

    def told(self, conversion: Conversion, now: datetime) -> Told:
        return google.google_event(conversion, region=self.destination.default_region, now=now)

    def request(self, events: Sequence[dict[str, Any]]) -> dict[str, Any]:
        account = {"accountType": "GOOGLE_ADS", "accountId": self.destination.external_id.replace("-", "")}
        return {
            "destinations": [
                {"operatingAccount": account, "productDestinationId": self.destination.conversion_action_id}
            ],
            "events": list(events),
            "encoding": "HEX",
            "validateOnly": self.destination.dry_run,
        }

    @cached_property
    def _google(self) -> GoogleDataManager:
        return GoogleDataManager(self.destination.access_token)

    def send(self, events: Sequence[dict[str, Any]]) -> str:
        return self._google.ingest(self.request(events))


def face_of(destination: ConversionDestination) -> Face:
    return GoogleFace(destination) if destination.platform == ConversionDestination.Platform.GOOGLE else MetaFace(destination)  # fmt: skip
