from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from attribution.actions.people.link_keys import SeenTogether, link_keys
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.domain.message_links import MessageLink
from attribution.identity import hashed
from attribution.models import IdentityEdge, Touchpoint
from attribution.row_fields import TOUCHPOINT
from attribution.visits import Visit
from stratum.core.models import Workspace
from stratum.core.rows import read_row


@transaction.atomic
def follow_message_link(
    workspace: Workspace, link: MessageLink, visit: Visit, *, identifies: bool, now: datetime
) -> str | None:
    """Records a click on a message's link; returns the id that the visitor's cookie is to hold, None for no cookie.

    A visitor who consented is joined with the person whom the message was sent to, unless the link is too old to believe
    (`identifies`). A machine that follows the link is recorded as one, and joined with nobody.
    """
    person = link.consent > 0 and not visit.is_bot
    anonymous = (visit.cookie or str(uuid.uuid4())) if person else None
    row = {
        "touchpoint_id": f"link:{uuid.uuid4()}",
        "occurred_at": now.isoformat(),
        "kind": link.channel,
        "channel": link.channel,
        "campaign_id": link.campaign,
        "anonymous_id": anonymous,
        "ip": visit.ip,
        "user_agent": visit.user_agent[:1000],
        "consent": link.consent if person else 0,
        "is_bot": visit.is_bot,
    }
    record_touchpoints(workspace, [read_row(row, TOUCHPOINT)])
    if person and identifies:
        Touchpoint.objects.filter(touchpoint_id=row["touchpoint_id"]).update(email_hash=link.email_hash)
        visitor = (IdentityEdge.Key.ANONYMOUS.value, hashed(workspace.pk, "anonymous", anonymous))
        known = {
            IdentityEdge.Key.EMAIL: link.email_hash,
            IdentityEdge.Key.PHONE: link.phone_hash,
            IdentityEdge.Key.CONTACT: link.contact_hash,
        }
        keys = [(kind.value, key) for kind, key in known.items() if key is not None]
        link_keys(workspace, [SeenTogether(visitor, key, "link", now) for key in keys])
    return anonymous
