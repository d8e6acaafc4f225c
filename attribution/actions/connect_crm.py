from __future__ import annotations

from attribution.connections import forget_portals
from attribution.models import CrmConnection
from stratum.core import audit
from stratum.core.models import Workspace


def connect_crm(
    workspace: Workspace, *, portal_id: int, access_token: str, client_secret: str, actor: str
) -> CrmConnection:
    """Connects a HubSpot portal. A portal belongs to one workspace: IntegrityError when another one has it."""
    portal = CrmConnection.objects.create(
        workspace=workspace, portal_id=portal_id, access_token=access_token, client_secret=client_secret
    )
    audit.record("CRM connected", portal, actor=actor, portal_id=portal_id)
    forget_portals()
    return portal


def rotate_client_secret(portal: CrmConnection, new_secret: str, *, actor: str) -> None:
    """The new secret signs from now on; the one before it stays valid until the next rotation."""
    portal.previous_client_secret, portal.client_secret = portal.client_secret, new_secret
    portal.save(update_fields=["client_secret", "previous_client_secret"])
    audit.record("CRM secret rotated", portal, actor=actor)
    forget_portals()
