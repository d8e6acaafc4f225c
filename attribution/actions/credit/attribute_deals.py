"""Deals' values onto the clicks that earned them, as signed ledger lines: what should stand minus what stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from psycopg import RawCursor

from attribution.actions.credit.keep_calibration import start_calibration
from attribution.sql import numbered, statement
from stratum.core.models import Workspace

A_FEW = 20
"""Up to so many deals one prepared plan serves best; more are planned anew over an analysed table."""
MOST_REASON = 120
LOCK = """
    SELECT array_agg(id) FILTER (WHERE erased_at IS NOT NULL AND revision > 0), set_config('jit', 'off', true),
           set_config('plan_cache_mode', %(plan)s, true)
    FROM (SELECT id, erased_at, revision FROM attribution_deal WHERE workspace_id = %(workspace)s AND id = ANY(%(deals)s) ORDER BY id FOR UPDATE) AS locked
"""
GIVEN = "unnest(%(deals)s::bigint[], %(reasons)s::text[], %(booked)s::timestamptz[]) AS asked(id, reason, booked_at)"
TABLE = """
    CREATE TEMPORARY TABLE asked_deals ON COMMIT DROP AS
    SELECT * FROM unnest(%(deals)s::bigint[], %(reasons)s::text[], %(booked)s::timestamptz[]) AS asked(id, reason, booked_at)
"""


@dataclass(frozen=True)
class Booking:
    """A deal whose worth or matches may have changed; of several bookings of a deal in one call the last counts.

    Booked on the day on which the CRM changed the deal, or at `booked_at` where the deal's own date does not tell (it was
    deleted or restored, or its stage is worth something else now).
    """

    deal_id: int
    reason: str
    booked_at: datetime | None = None


def attribute_deals(workspace: Workspace, bookings: Sequence[Booking], *, now: datetime) -> int:
    """Matches deals anew and posts the difference to what stands; returns the number of ledger lines.

    Running it again with nothing changed posts nothing. Of a deal whose person was erased the credits stand as they are.
    """
    posted = _post("attribute_deals", workspace, bookings, now)
    if bookings and not posted.has_model:
        start_calibration(workspace)
        posted = _post("attribute_deals", workspace, bookings, now)
    erased = [one for one in bookings if one.deal_id in posted.erased]
    return posted.lines + post_values(workspace, erased, now=now)


def post_values(workspace: Workspace, bookings: Sequence[Booking], *, now: datetime) -> int:
    """Posts new values onto the credits that stand, for deals that were attributed before and of which no key changed."""
    return _post("post_values", workspace, bookings, now).lines


@dataclass(frozen=True)
class _Posted:
    lines: int
    has_model: bool
    """Whether anything is known about matching; without it nothing was posted."""
    erased: frozenset[int]
    """Deals that have no keys to match by any more."""


def _post(name: str, workspace: Workspace, bookings: Sequence[Booking], now: datetime) -> _Posted:
    if not bookings:
        return _Posted(0, False, frozenset())
    bookings = list({booking.deal_id: booking for booking in bookings}.values())
    few = len(bookings) <= A_FEW
    parameters = {
        "workspace": workspace.pk,
        "timezone": workspace.timezone,
        "now": now,
        "deals": [booking.deal_id for booking in bookings],
        "reasons": [booking.reason[:MOST_REASON] for booking in bookings],
        "booked": [booking.booked_at for booking in bookings],
        # Planning the statement takes longer than running it for one deal; for many deals it is the other way round.
        "plan": "force_generic_plan" if few else "auto",
    }
    connection.ensure_connection()
    # Off in Django, whose own cursors put the parameters into the text; it concerns this cursor alone.
    connection.connection.prepare_threshold = 5
    # The driver's own cursor: parameters travel beside the text, so that the server keeps the plan of a long statement.
    with transaction.atomic(), RawCursor(connection.connection) as cursor:

        def run(text: str, *, prepare: bool = False) -> None:
            text, names = numbered(text)
            cursor.execute(text, [parameters[name] for name in names], prepare=prepare)

        run(LOCK, prepare=few)
        erased = frozenset(cursor.fetchone()[0] or ())
        if not few:
            run("DROP TABLE IF EXISTS asked_deals")
            run(TABLE)
            run("ALTER TABLE asked_deals ADD PRIMARY KEY (id)")
            run("ANALYZE asked_deals")
        run(statement(name, GIVEN if few else "asked_deals AS asked"), prepare=few)
        lines, _, has_model = cursor.fetchone()
    return _Posted(lines, has_model, erased)
