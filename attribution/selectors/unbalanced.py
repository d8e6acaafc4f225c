from __future__ import annotations

from django.db import connection

from stratum.core.tenancy import current_workspace_id

UNBALANCED = """
    SELECT deal.external_id FROM attribution_deal deal
    LEFT JOIN attribution_ledgerentry entry ON entry.workspace_id = deal.workspace_id AND entry.deal_id = deal.id
    WHERE deal.workspace_id = %s GROUP BY deal.id
    HAVING coalesce(sum(entry.amount), 0) <> deal.value OR coalesce(sum(entry.credit), 1) <> 1 OR coalesce(max(entry.revision), 0) <> deal.revision
    ORDER BY deal.external_id
"""


def unbalanced_deals() -> list[str]:
    """Deals whose lines, folded from zero, are not their value, whose credits are not one, or whose last revision is not theirs."""
    with connection.cursor() as cursor:
        cursor.execute(UNBALANCED, [current_workspace_id()])
        return [row[0] for row in cursor.fetchall()]
