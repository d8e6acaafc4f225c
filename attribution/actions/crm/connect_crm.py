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


def keep_for_rotation(portal: CrmConnection) -> None:
    """Called before a portal is saved: where its client secret is new, the stored one stays valid until the next new one."""
    stored = CrmConnection.objects.get(pk=portal.pk).client_secret
    if stored != portal.client_secret:
        portal.previous_client_secret = stored
