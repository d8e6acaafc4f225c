from __future__ import annotations

import hashlib

from django.db import connection

from attribution.connections import Portal
from stratum.core.clock import real_now

INSERT = """
    INSERT INTO attribution_inboxdelivery
        (workspace_id, connection_id, digest, body, received_at, times_received, accepted, duplicate, dead)
    VALUES (%s, %s, %s, %s, %s, 1, 0, 0, 0)
    ON CONFLICT (workspace_id, connection_id, digest)
    DO UPDATE SET times_received = attribution_inboxdelivery.times_received + 1
"""


def store_delivery(portal: Portal, body: bytes) -> None:
    """Lands a signed body in one commit. The same body again only raises a counter."""
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT, [portal.workspace_id, portal.connection_id, hashlib.sha256(body).digest(), body, real_now()]
        )
