"""Deals' values onto the clicks that earned them, as signed ledger lines: what should stand minus what stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from psycopg import Cursor

from attribution.actions.keep_calibration import ensure_calibration
from attribution.sql import statement
from stratum.core.models import Workspace

A_FEW = 20
"""Up to so many deals one prepared plan serves best; more are planned anew over an analysed table."""
LOCK = (
    "SELECT id FROM attribution_deal WHERE workspace_id = %(workspace)s AND id = ANY(%(deals)s) ORDER BY id FOR UPDATE"
)
ASKED = "unnest(%(deals)s::bigint[]) AS asked(id)"
ASKED_MANY = "asked_deals AS asked"


def attribute_deals(
    workspace: Workspace,
    deal_ids: Sequence[int],
    *,
    now: datetime,
    reason: str,
    booked_at: datetime | None = None,
) -> int:
    """Matches deals anew and posts the difference to what stands; returns the number of ledger lines.

    Booked on the day on which the CRM changed the deal, or at `booked_at` where the deal's own date does not tell (it was
    deleted or restored). Running it again with nothing changed posts nothing.
    """
    ensure_calibration(workspace)
    return _post("attribute_deals", workspace, deal_ids, now=now, reason=reason, booked_at=booked_at)


def revalue_deals(
    workspace: Workspace,
    deal_ids: Sequence[int],
    *,
    now: datetime,
    reason: str,
    booked_at: datetime | None = None,
) -> int:
    """Posts new values onto the credits that stand, where only money changed and no key did."""
    return _post("revalue_deals", workspace, deal_ids, now=now, reason=reason, booked_at=booked_at)


@transaction.atomic
def _post(name: str, workspace: Workspace, deal_ids: Sequence[int], **values: Any) -> int:
    if not deal_ids:
        return 0
    few = len(deal_ids) <= A_FEW
    text = statement(name, ASKED if few else ASKED_MANY)
    parameters = {
        "workspace": workspace.pk,
        "timezone": workspace.timezone,
        "deals": list(deal_ids),
        **values,
        "reason": values["reason"][:120],
    }
    connection.ensure_connection()
    # The driver's own cursor: parameters travel beside the text, so that the server keeps the plan of a long statement.
    with Cursor(connection.connection) as cursor:
        cursor.execute(LOCK, parameters)
        if not few:
            cursor.execute("DROP TABLE IF EXISTS asked_deals")
            cursor.execute(
                "CREATE TEMPORARY TABLE asked_deals ON COMMIT DROP AS SELECT DISTINCT unnest(%(deals)s::bigint[]) AS id",
                parameters,
            )
            cursor.execute("ANALYZE asked_deals")
        cursor.execute(text, parameters, prepare=few)
        return cursor.fetchone()[0]
