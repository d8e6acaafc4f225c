from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from stratum.core.tenancy import current_workspace_id

# A deal was changed when it came or later, and changes are indexed.
COUNTS = """
    SELECT floor(extract(epoch FROM %(now)s - created_at) / 86400)::int AS ago, count(*) FROM attribution_deal
    WHERE workspace_id = %(workspace)s AND updated_at > %(since)s AND created_at > %(since)s AND created_at <= %(now)s
      AND mod(extract(epoch FROM %(now)s - created_at), 86400) < %(seconds)s GROUP BY ago
"""


def leads_by_day_at_this_hour(now: datetime, *, hours: int, days: int) -> list[int]:
    """How many leads came in the hours up to now, and in the same hours of each day before, newest first."""
    values = {"workspace": current_workspace_id(), "now": now, "since": now - timedelta(days=days)}
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, values | {"seconds": 3600 * hours})
        found = dict(cursor.fetchall())
    return [found.get(ago, 0) for ago in range(days)]
