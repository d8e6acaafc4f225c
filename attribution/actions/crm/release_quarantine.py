from __future__ import annotations

from attribution.actions.crm.store_delivery import store_delivery
from attribution.connections import portals
from attribution.domain.hubspot_signature import SignedRequest, refusal
from attribution.models import QuarantinedDelivery
from stratum.core import audit
from stratum.core.tenancy import in_workspace


def release_quarantine(held: QuarantinedDelivery, *, actor: str) -> bool:
    """Checks a held delivery against the secrets as they are now, with the clock of its arrival; stores it when one fits."""
    signed = SignedRequest(
        "POST",
        held.headers["uri"],
        bytes(held.body),
        held.headers["v3"] or None,
        held.headers["timestamp"],
        held.headers["older"] or None,
    )
    arrived = int(held.received_at.timestamp() * 1000)
    for portal in portals(fresh=True):
        if refusal(signed, list(portal.secrets), now_ms=arrived, allow_older=portal.allow_v1) is None:
            store_delivery(portal, signed.body)
            with in_workspace(portal.workspace_id):
                audit.record("quarantine released", held, actor=actor, portal=portal.portal_id)
            held.delete()
            return True
    return False
