from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from attribution.actions.match_again import match_again_for_touchpoints
from attribution.identity import hashes
from attribution.models import Touchpoint
from attribution.visits import collected
from stratum.core.clock import now
from stratum.core.models import Workspace

RAW_KEYS = {
    "click": "click_id",
    "anonymous": "anonymous_id",
    "fingerprint": "fingerprint",
    "ip": "ip",
    "email": "email",
}


@transaction.atomic
def record_touchpoints(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> int:
    """Stores touchpoints (fields of `row_fields.TOUCHPOINT`), each id once, and returns how many were new.

    Without consent no identifier is kept. Deals whose lead came after a click that arrives only now are matched again.
    """
    ids = [row["touchpoint_id"] for row in rows]
    known = set(Touchpoint.objects.filter(touchpoint_id__in=ids).values_list("touchpoint_id", flat=True))
    new = {row["touchpoint_id"]: row for row in rows if row["touchpoint_id"] not in known}
    Touchpoint.objects.bulk_create([_touchpoint(workspace, row) for row in new.values()], ignore_conflicts=True)
    match_again_for_touchpoints(list(new))
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
        **collected(row),
        **hashes(workspace.pk, raw),
    )
