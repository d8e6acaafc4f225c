from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from attribution.actions.conversions.forget_conversions import ERASED
from attribution.actions.conversions.prepare_conversion import estimate, was_erased
from attribution.destinations import face_of
from attribution.domain.conversions import states
from attribution.domain.conversions.conversion import ADS, Conversion, Told, no_consent, stop
from attribution.domain.readiness.score import Readiness
from attribution.domain.user_data.findings import Finding
from attribution.models import ConversionDestination, ConversionEvent
from attribution.payloads import event_id_of, given_conversion
from stratum.core.clock import real_now


class WouldBeRefused(ValueError):
    """The platform would refuse the event. `findings` says why; nothing was stored."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(one.sentence for one in findings))
        self.findings = findings


@dataclass(frozen=True)
class Preview:
    """What would be sent for an event, to the letter, and what there is to know about it."""

    conversion: Conversion
    told: Told
    path: str
    request: dict[str, Any]
    consent: Finding | None
    readiness: Readiness

    @property
    def findings(self) -> tuple[Finding, ...]:
        return (*self.told.findings, *((self.consent,) if self.consent else ()))


def preview_conversion(destination: ConversionDestination, given: Mapping[str, Any], *, now: datetime) -> Preview:
    """Builds the request for one event and sends nothing. BadRow where fields cannot be read."""
    conversion = given_conversion(given, event_id=_event_id(destination, given), platform=destination.platform)
    face = face_of(destination)
    told = face.told(conversion, now)
    denied = no_consent(conversion, needed=destination.needs_consent)
    return Preview(conversion, told, face.path, face.request([told.body]), denied, estimate(conversion, destination, now))  # fmt: skip


def track_conversion(destination: ConversionDestination, given: Mapping[str, Any], *, now: datetime) -> tuple[ConversionEvent, Preview]:  # fmt: skip
    """Lays an event that a caller describes into the outbox, once for its id. Its body is kept encrypted until it is settled; of a
    person who said no to ads, or who was erased, nothing is kept. WouldBeRefused where the platform would not take it, BadRow where it cannot be read.
    """
    shown = preview_conversion(destination, given, now=now)
    if shown.told.stopped_by:
        raise WouldBeRefused(tuple(one for one in shown.told.findings if one.stops))
    conversion = shown.conversion
    said_no = conversion.consent is not None and conversion.consent < ADS
    status, reason = (states.HELD, shown.consent.sentence) if shown.consent else (states.QUEUED, "")
    if erased := was_erased(conversion, destination):
        status, reason = states.DEAD, ERASED
    event, is_new = ConversionEvent.objects.get_or_create(
        workspace_id=destination.workspace_id,
        destination=destination,
        event_id=conversion.event_id,
        defaults={
            "name": conversion.name,
            "occurred_at": conversion.occurred_at,
            "action_source": conversion.action_source,
            "body": "" if said_no or erased else json.dumps(given, default=str),
            "status": status,
            "reason": reason,
            "queued_at": now,
            "due_at": real_now(),
        },
    )
    if not is_new and (event.name, event.occurred_at) != (conversion.name, conversion.occurred_at):
        raise WouldBeRefused(
            (stop("id_reused", "event_id", "Another event has this id already, and platforms drop one of two."),)
        )
    return event, shown


def _event_id(destination: ConversionDestination, given: Mapping[str, Any]) -> str:
    """The caller's own, so that Meta can recognise the browser's event; else one that follows from what the event says."""
    chosen = given.get("event_id")
    if isinstance(chosen, (str, int)) and str(chosen).strip():
        return str(chosen).strip()[:64]
    return event_id_of(destination.workspace_id or 0, json.dumps(given, sort_keys=True, default=str))
