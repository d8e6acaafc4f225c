from __future__ import annotations

import structlog

from attribution.domain.hubspot_signature import SignedRequest
from attribution.models import QuarantinedDelivery
from stratum.core.clock import real_now

log = structlog.get_logger("attribution.quarantine")
MOST_ROWS = 500
MOST_BYTES = 262_144


def quarantine_delivery(signed: SignedRequest, *, reason: str, portal_hint: int | None) -> bool:
    """Keeps a delivery that nobody's secret signed, so that a wrong secret of ours loses nothing. False when there is no room.

    A full quarantine takes nothing more (an attacker must not push out what was there); old rows leave with the sweep.
    """
    fits = len(signed.body) <= MOST_BYTES and QuarantinedDelivery.objects.count() < MOST_ROWS
    if fits:
        headers = {"v3": signed.v3, "timestamp": signed.timestamp, "older": signed.older, "uri": signed.uri}
        readable = {name: (value or "").replace("\x00", "")[:2000] for name, value in headers.items()}
        QuarantinedDelivery.objects.create(
            received_at=real_now(), reason=reason, portal_hint=portal_hint, headers=readable, body=signed.body
        )
    log.warning("delivery refused", reason=reason, portal=portal_hint, kept=fits)
    return fits
