from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from attribution.actions.conversions.forget_conversions import ERASED
from attribution.actions.people.remember_erased import erased_among
from attribution.destinations import Face
from attribution.domain.conversions import states
from attribution.domain.conversions.conversion import CRM, PURCHASE, Conversion, Told, no_consent
from attribution.domain.readiness.score import Readiness, readiness_of
from attribution.identity import keys_naming
from attribution.models import ConversionDestination, ConversionEvent
from attribution.payloads import conversion_of
from stratum.core.clock import real_now
from stratum.core.models import Workspace
from stratum.core.money import to_minor

NOT_YET = timedelta(minutes=5)
WAITS_FOR_ITS_CONTACT = 12
NO_LONGER_WON = "The deal is no longer won."
STATUS_OF = {"no_consent": states.HELD, "too_old": states.EXPIRED}


@dataclass
class Prepared:
    """An event ready to go out as `body`; or, where `status` is set, one that is not to be sent, and why."""

    event: ConversionEvent
    body: dict[str, Any] = field(default_factory=dict)
    status: str = ""
    reason: str = ""


def prepare(event: ConversionEvent, face: Face, workspace: Workspace, *, now: datetime) -> Prepared:
    """Builds what goes out for an event. The row keeps what is known about it, never who it is about."""
    if event.deal and event.deal.removed_at:
        return Prepared(event, status=states.DEAD, reason="The deal is gone from the CRM.")
    if event.deal and event.name == PURCHASE and not event.deal.is_won:
        return Prepared(event, status=states.DEAD, reason=NO_LONGER_WON)
    try:
        conversion = conversion_of(event, workspace)
    except ValueError as problem:
        return Prepared(event, status=states.DEAD, reason=f"It cannot be read: {type(problem).__name__}.")
    destination = event.destination
    if event.body and was_erased(conversion, destination):
        return Prepared(event, status=states.DEAD, reason=ERASED)
    denied = no_consent(conversion, needed=destination.needs_consent)
    told = Told({}, (denied,)) if denied else face.told(conversion, now)
    event.findings = [asdict(finding) for finding in told.findings]
    if denied is None:
        event.match_keys = sorted(conversion.person.known)
        event.readiness = estimate(conversion, destination, now).score
    if conversion.value is not None:
        event.value, event.currency = to_minor(conversion.value, conversion.currency), conversion.currency
        event.ledger_revision = event.deal.revision if event.deal else None
    stopped = told.stopped_by
    if stopped is None:
        return Prepared(event, told.body)
    if event.deal and event.deal.contact_id is None and event.attempts < WAITS_FOR_ITS_CONTACT and stopped.code in ("nobody", "no_consent"):  # fmt: skip
        event.due_at = real_now() + NOT_YET
        return Prepared(event, status=states.QUEUED, reason="Waits until the deal's contact has been read.")
    return Prepared(event, status=STATUS_OF.get(stopped.code, states.DEAD), reason=stopped.sentence)


def was_erased(conversion: Conversion, destination: ConversionDestination) -> bool:
    keys = keys_naming(destination.workspace_id, conversion.person, destination.default_region)
    return bool(erased_among(keys))


def estimate(conversion: Conversion, destination: ConversionDestination, now: datetime) -> Readiness:
    profile = "crm" if conversion.action_source == CRM else "web"
    return readiness_of(
        conversion.person,
        {},
        platform=destination.platform,
        profile=profile,
        region=destination.default_region,
        now=now,
        happened_at=conversion.occurred_at,
    )
