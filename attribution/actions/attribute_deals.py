"""Deals' values onto the clicks that earned them, as signed ledger lines: what should stand minus what stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from psycopg import Cursor

from attribution.actions.keep_calibration import ensure_calibration
from attribution.models import Deal
from attribution.sql import statement
from stratum.core.models import Workspace

A_FEW = 20
"""Up to so many deals one prepared plan serves best; more are planned anew over an analysed table."""
MOST_REASON = 120
LOCK = (
    "SELECT id FROM attribution_deal WHERE workspace_id = %(workspace)s AND id = ANY(%(deals)s) ORDER BY id FOR UPDATE"
)
GIVEN = "unnest(%(deals)s::bigint[], %(reasons)s::text[], %(booked)s::timestamptz[]) AS asked(id, reason, booked_at)"
TABLE = """
    CREATE TEMPORARY TABLE asked_deals ON COMMIT DROP AS
    SELECT * FROM unnest(%(deals)s::bigint[], %(reasons)s::text[], %(booked)s::timestamptz[]) AS asked(id, reason, booked_at)
"""


@dataclass(frozen=True)
class Booking:
    """A deal whose worth or matches may have changed, each deal once in a call.

    Booked on the day on which the CRM changed the deal, or at `booked_at` where the deal's own date does not tell (it was
    deleted or restored, or its stage is worth something else now).
    """

    deal_id: int
    reason: str
    booked_at: datetime | None = None


def attribute_deals(workspace: Workspace, bookings: Sequence[Booking], *, now: datetime) -> int:
    """Matches deals anew and posts the difference to what stands; returns the number of ledger lines.

    Running it again with nothing changed posts nothing.
    """
    ensure_calibration(workspace)
    # Whose person was erased has no keys any more: what was credited stands, and only its value may change.
    erased = Deal.objects.filter(pk__in=[one.deal_id for one in bookings], revision__gt=0).exclude(erased_at=None)
    settled = set(erased.values_list("pk", flat=True))
    values = [one for one in bookings if one.deal_id in settled]
    matched = [one for one in bookings if one.deal_id not in settled]
    return _post("attribute_deals", workspace, matched, now) + _post("post_values", workspace, values, now)


def post_values(workspace: Workspace, bookings: Sequence[Booking], *, now: datetime) -> int:
    """Posts new values onto the credits that stand, for deals that were attributed before and of which no key changed."""
    return _post("post_values", workspace, bookings, now)


@transaction.atomic
def _post(name: str, workspace: Workspace, bookings: Sequence[Booking], now: datetime) -> int:
    if not bookings:
        return 0
    parameters = {
        "workspace": workspace.pk,
        "timezone": workspace.timezone,
        "now": now,
        "deals": [booking.deal_id for booking in bookings],
        "reasons": [booking.reason[:MOST_REASON] for booking in bookings],
        "booked": [booking.booked_at for booking in bookings],
    }
    few = len(bookings) <= A_FEW
    connection.ensure_connection()
    # The driver's own cursor: parameters travel beside the text, so that the server keeps the plan of a long statement.
    with Cursor(connection.connection) as cursor:
        cursor.execute(LOCK, parameters)
        if not few:
            cursor.execute("DROP TABLE IF EXISTS asked_deals")
            cursor.execute(TABLE, parameters)
            cursor.execute("ANALYZE asked_deals")
        cursor.execute(statement(name, GIVEN if few else "asked_deals AS asked"), parameters, prepare=few)
        return cursor.fetchone()[0]
