from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from attribution.models import CrmConnection
from stratum.core.clock import real_now
from stratum.core.tenancy import current_workspace_id

UPSERT = """
    INSERT INTO attribution_dealrefresh (workspace_id, connection_id, deal_external_id, reread, version, queued_at, due_at, attempts, last_error)
    SELECT %s, %s, deal, %s, 1, %s, %s, 0, '' FROM unnest(%s::text[]) AS deal
    ON CONFLICT (workspace_id, deal_external_id) DO UPDATE SET
        version = attribution_dealrefresh.version + 1,
        reread = attribution_dealrefresh.reread OR excluded.reread,
        connection_id = coalesce(excluded.connection_id, attribution_dealrefresh.connection_id),
        due_at = least(attribution_dealrefresh.due_at, excluded.due_at)
"""


QUEUE_LOCK = 7118


def lock_queue() -> None:
    """For the caller's transaction: two that queue several times, each in its own order, would lock each other out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [QUEUE_LOCK, current_workspace_id()])


def queue_deals(portal: CrmConnection | None, deal_ids: Iterable[str], *, reread: bool = True) -> None:
    """Marks deals to be looked at again, in the caller's transaction: read from the CRM, or only matched anew."""
    ids = sorted(set(deal_ids))
    if not ids:
        return
    lock_queue()
    with connection.cursor() as cursor:
        cursor.execute(
            UPSERT, [current_workspace_id(), portal.pk if portal else None, reread, real_now(), real_now(), ids]
        )
