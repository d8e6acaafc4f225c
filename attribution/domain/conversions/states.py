"""The life of a conversion on its way to a platform, as one table: from each status, where it may go next.

`unknown` is never resent by itself. Meta can be asked about no single event, and its own recognition of repeats (same event_id and
event_name within 48 hours) is documented between browser and server only: a purchase that is counted twice teaches its bidding a
wrong value and cannot be taken back, while one that is missing costs one signal among many. So a person resends it or gives it up,
and when its time has run out it expires.
"""

from __future__ import annotations

QUEUED, SENDING, SENT, PROCESSING = "queued", "sending", "sent", "processing"
DEAD, UNKNOWN, HELD, EXPIRED, REHEARSED = "dead", "unknown", "held", "expired", "rehearsed"

NEXT: dict[str, frozenset[str]] = {
    QUEUED: frozenset({SENDING, EXPIRED}),
    SENDING: frozenset({SENT, PROCESSING, DEAD, UNKNOWN, HELD, EXPIRED, REHEARSED, QUEUED}),
    PROCESSING: frozenset({SENT, DEAD, UNKNOWN}),
    UNKNOWN: frozenset({QUEUED, DEAD, EXPIRED}),
    HELD: frozenset({QUEUED, DEAD, EXPIRED}),
    DEAD: frozenset({QUEUED}),
    REHEARSED: frozenset({QUEUED}),
    SENT: frozenset(),
    EXPIRED: frozenset(),
}
STATUSES = tuple(NEXT)
OPEN = (UNKNOWN, HELD)
"""What waits for a person, until it is too old."""
