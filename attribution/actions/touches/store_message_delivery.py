from __future__ import annotations

import hashlib

from django.db.models import F

from attribution.models import MessageConnection, MessageDelivery
from stratum.core.clock import real_now
from stratum.core.tenancy import in_workspace


def store_message_delivery(connection: MessageConnection, body: bytes) -> None:
    """Lands a signed body as it came. The same body again only raises a counter."""
    with in_workspace(connection.workspace_id):
        _, made = MessageDelivery.objects.get_or_create(
            connection=connection,
            digest=hashlib.sha256(body).digest(),
            defaults={"workspace_id": connection.workspace_id, "body": body, "received_at": real_now()},
        )
        if not made:
            again = MessageDelivery.objects.filter(connection=connection, digest=hashlib.sha256(body).digest())
            again.update(times_received=F("times_received") + 1)
