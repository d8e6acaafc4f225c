"""The life of a change, as one table: from each status, where it may go next."""

from __future__ import annotations

PROPOSED, INSPECTED, WAITING, APPROVED, SENDING = "proposed", "inspected", "waiting", "approved", "sending"
APPLIED, FAILED, UNKNOWN, REHEARSED, UNDONE = "applied", "failed", "unknown", "rehearsed", "undone"
REJECTED, SUPERSEDED, BLOCKED = "rejected", "superseded", "blocked"

NEXT: dict[str, frozenset[str]] = {
    PROPOSED: frozenset({INSPECTED, SUPERSEDED}),
    INSPECTED: frozenset({WAITING, APPROVED, BLOCKED, SUPERSEDED}),
    WAITING: frozenset({APPROVED, REJECTED, SUPERSEDED}),
    APPROVED: frozenset({SENDING, SUPERSEDED, REJECTED, BLOCKED}),
    SENDING: frozenset({APPLIED, FAILED, UNKNOWN, REHEARSED, BLOCKED, APPROVED, WAITING}),
    UNKNOWN: frozenset({APPLIED, FAILED}),
    APPLIED: frozenset({UNDONE}),
    FAILED: frozenset(),
    REHEARSED: frozenset(),
    UNDONE: frozenset(),
    REJECTED: frozenset(),
    SUPERSEDED: frozenset(),
    BLOCKED: frozenset(),
}
STATUSES = tuple(NEXT)
LIVE = (WAITING, APPROVED, SENDING, UNKNOWN)
"""At most one change of a budget may be in one of these: it may still be decided on, sent, or have had its effect."""
