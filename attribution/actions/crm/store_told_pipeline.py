from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from stratum.core.clock import now
from stratum.core.models import Workspace
from stratum.core.money import to_minor

UPSERT = """
    INSERT INTO attribution_toldpipeline
        (workspace_id, ad_external_id, pipeline_value, currency, deals_count, as_of, received_at)
    SELECT %s, told.*, %s
    FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::int[], %s::timestamptz[]) AS told
    ORDER BY 2
    ON CONFLICT (workspace_id, ad_external_id) DO UPDATE SET
        pipeline_value = excluded.pipeline_value, currency = excluded.currency, deals_count = excluded.deals_count,
        as_of = excluded.as_of, received_at = excluded.received_at
    WHERE attribution_toldpipeline.as_of <= excluded.as_of
"""


def store_told_pipeline(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> int:
    """Keeps the newest statement about each ad (fields of `row_fields.PIPELINE`); returns how many ads it now speaks for.

    The same `as_of` replaces, an older one changes nothing; of several rows in a call the last of the newest counts.
    """
    newest: dict[str, dict[str, Any]] = {}
    for row in rows:
        known = newest.get(row["ad_id"])
        if known is None or row["as_of"] >= known["as_of"]:
            newest[row["ad_id"]] = row
    told = list(newest.values())
    columns = [
        [row["ad_id"] for row in told],
        [to_minor(row["pipeline_value"], row["currency"]) for row in told],
        [row["currency"] for row in told],
        [row["deals_count"] for row in told],
        [row["as_of"] for row in told],
    ]
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, [workspace.pk, now(), *columns])
        return cursor.rowcount
