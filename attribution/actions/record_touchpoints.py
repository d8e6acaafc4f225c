from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from attribution.actions.queue_deals import queue_deals
from attribution.identity import hashes
from attribution.models import Touchpoint
from stratum.core.clock import now
from stratum.core.models import Workspace

RAW_KEYS = {
    "click": "click_id",
    "anonymous": "anonymous_id",
    "fingerprint": "fingerprint",
    "ip": "ip",
    "email": "email",
}

DEALS_TO_MATCH_AGAIN = """
    SELECT DISTINCT deal.external_id
    FROM attribution_touchpoint click
    JOIN attribution_deal deal ON deal.workspace_id = click.workspace_id
     AND deal.created_at BETWEEN click.occurred_at AND click.occurred_at + interval '45 days'
     AND (deal.click_hash = click.click_hash OR deal.anonymous_hash = click.anonymous_hash OR deal.email_hash = click.email_hash
          OR deal.fingerprint_hash = click.fingerprint_hash OR deal.ip_hash = click.ip_hash)
    WHERE click.workspace_id = %s AND click.touchpoint_id = ANY(%s) AND click.kind = 'ad_click'
"""


@transaction.atomic
def record_touchpoints(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> int:
    """Stores touchpoints (fields of `row_fields.TOUCHPOINT`), each id once, and returns how many were new.

    Without consent no identifier is kept. Deals whose lead came after a click that arrives only now are matched again.
    """
    ids = [row["touchpoint_id"] for row in rows]
    known = set(Touchpoint.objects.filter(touchpoint_id__in=ids).values_list("touchpoint_id", flat=True))
    new = {row["touchpoint_id"]: row for row in rows if row["touchpoint_id"] not in known}
    Touchpoint.objects.bulk_create([_touchpoint(workspace, row) for row in new.values()], ignore_conflicts=True)
    if new:
        with connection.cursor() as cursor:
            cursor.execute(DEALS_TO_MATCH_AGAIN, [workspace.pk, list(new)])
            queue_deals(None, [deal for (deal,) in cursor.fetchall()], reread=False)
    return len(new)


def _touchpoint(workspace: Workspace, row: dict[str, Any]) -> Touchpoint:
    consented = row["consent"] > 0
    raw = {key: row[name] if consented else None for key, name in RAW_KEYS.items()}
    return Touchpoint(
        workspace=workspace,
        touchpoint_id=row["touchpoint_id"],
        occurred_at=row["occurred_at"],
        received_at=now(),
        kind=row["kind"],
        ad_external_id=row["ad_id"],
        campaign_external_id=row["campaign_id"],
        channel=row["channel"],
        landing_path=row["landing_path"],
        form_id=row["form_id"],
        consent=row["consent"],
        **hashes(workspace.pk, raw),
    )
