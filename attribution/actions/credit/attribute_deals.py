"""Deals' values onto the clicks that earned them, as signed ledger lines: what should stand minus what stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from psycopg import RawCursor

from attribution.actions.credit.keep_calibration import start_calibration
from attribution.sql import numbered, statement
from stratum.core.models import Workspace

A_FEW = 20
"""Up to so many deals are posted one after another by a kept plan; more together, planned anew over an analysed table."""
MOST_REASON = 120
LOCK = """
    SELECT id, erased_at IS NOT NULL AND revision > 0 FROM attribution_deal
    WHERE workspace_id = %(workspace)s AND id = ANY(%(deals)s) ORDER BY id FOR NO KEY UPDATE
"""
ONE = "(SELECT %(deal)s::bigint AS id, %(reason)s::text AS reason, %(booked_at)s::timestamptz AS booked_at) AS asked"
LOCKED = "WHERE deal.revision = (SELECT revision FROM attribution_deal WHERE id = %(deal)s) FOR NO KEY UPDATE OF deal"
"""Locked while it is read. Who had to wait for the lock sees the newest deal beside the ledger of before: then nothing is found."""
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
    given = {"workspace": workspace.pk, "timezone": workspace.timezone, "now": now}
    connection.ensure_connection()
    # The driver's own cursor: parameters travel beside the text, so that the server keeps the plan of a long statement.
    with transaction.atomic(savepoint=False), RawCursor(connection.connection) as cursor:
        post = _one_by_one if len(bookings) <= A_FEW else _together
        return post(cursor, name, given, bookings)


def _one_by_one(cursor: RawCursor, name: str, given: Mapping[str, Any], bookings: Sequence[Booking]) -> _Posted:
    """In the order in which everybody locks deals. Only where nothing was found does locking take a statement of its own."""
    lines, has_model, erased = 0, True, frozenset()
    for booking in sorted(bookings, key=lambda booking: booking.deal_id):
        asked = {"deal": booking.deal_id, "reason": booking.reason[:MOST_REASON], "booked_at": booking.booked_at}
        text, values = statement(name, ONE, LOCKED), {**given, **asked}
        posted, found, has_model = _run(cursor, text, values, prepare=True).fetchone()
        if not found:
            erased |= _lock(cursor, given, [booking])
            posted, _, has_model = _run(cursor, text, values, prepare=True).fetchone()
        lines += posted
    return _Posted(lines, has_model, erased)


def _together(cursor: RawCursor, name: str, given: Mapping[str, Any], bookings: Sequence[Booking]) -> _Posted:
    reasons, booked = [one.reason[:MOST_REASON] for one in bookings], [one.booked_at for one in bookings]
    # For many deals a plan that knows what it is asked for is worth its making; for one, making it takes longer than running it.
    _run(cursor, "SET LOCAL plan_cache_mode = auto", {})
    erased = _lock(cursor, given, bookings)
    _run(cursor, "DROP TABLE IF EXISTS asked_deals", {})
    _run(cursor, TABLE, {"deals": [one.deal_id for one in bookings], "reasons": reasons, "booked": booked})
    _run(cursor, "ALTER TABLE asked_deals ADD PRIMARY KEY (id)", {})
    _run(cursor, "ANALYZE asked_deals", {})
    lines, _, has_model = _run(cursor, statement(name, "asked_deals AS asked"), given).fetchone()
    return _Posted(lines, has_model, erased)


def _lock(cursor: RawCursor, given: Mapping[str, Any], bookings: Sequence[Booking]) -> frozenset[int]:
    """Locks the deals and returns those whose person was erased."""
    deals = _run(cursor, LOCK, {**given, "deals": [booking.deal_id for booking in bookings]})
    return frozenset(deal for deal, is_erased in deals if is_erased)


def _run(cursor: RawCursor, text: str, values: Mapping[str, Any], *, prepare: bool = False) -> RawCursor:
    text, names = numbered(text)
    return cursor.execute(text, [values[name] for name in names], prepare=prepare)
