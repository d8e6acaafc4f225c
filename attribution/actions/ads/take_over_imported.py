from __future__ import annotations

from django.db import connection

from attribution.actions.crm.queue_deals import queue_deals
from attribution.models import LedgerEntry
from attribution.selectors.intake_notes import TAKEN_OVER
from stratum.core import audit
from stratum.core.models import AdAccount

PAIRS = """
    SELECT old.id, new.id, file.currency = connected.currency FROM core_ad new
    JOIN core_adaccount connected ON connected.id = new.account_id
    JOIN core_adaccount file ON file.workspace_id = new.workspace_id AND file.platform = 'import'
    JOIN core_ad old ON old.workspace_id = new.workspace_id AND old.account_id = file.id AND old.external_id = new.external_id
    WHERE new.workspace_id = %(workspace)s AND new.account_id = %(account)s
"""
PAIR = "unnest(%(old)s::bigint[], %(new)s::bigint[], %(move)s::boolean[]) AS pair (old, new, may_move)"
DROP_DAYS = f"""
    DELETE FROM core_adday day USING {PAIR}, core_adday own
    WHERE day.workspace_id = %(workspace)s AND day.ad_id = pair.old
      AND own.workspace_id = day.workspace_id AND own.ad_id = pair.new AND own.day = day.day
"""  # noqa: S608 - names of our own
MOVE_DAYS = f"UPDATE core_adday day SET ad_id = pair.new FROM {PAIR} WHERE workspace_id = %(workspace)s AND day.ad_id = pair.old AND may_move"  # noqa: S608
MOVE_TOUCHES = f"UPDATE attribution_touchpoint touch SET ad_id = pair.new FROM {PAIR} WHERE workspace_id = %(workspace)s AND touch.ad_id = pair.old"  # noqa: S608
CLOSE_ADS = f"""
    UPDATE core_ad ad SET external_id = left(ad.external_id, 140) || ' (from a file)', status = 'ARCHIVED' FROM {PAIR}
    WHERE workspace_id = %(workspace)s AND ad.id = pair.old
"""  # noqa: S608
FIRST_DAYS = f"""
    UPDATE core_ad ad SET first_seen_date = least(ad.first_seen_date, old.first_seen_date) FROM {PAIR} JOIN core_ad old ON old.id = pair.old
    WHERE ad.workspace_id = %(workspace)s AND ad.id = pair.new
"""  # noqa: S608


def take_over_imported(account: AdAccount) -> int:
    """Joins ads that files or clicks told of with the same ads of a connected account; returns how many.

    A day that both have counts once, as the account reports it; other days, clicks and credit go to the account's ad. The trail says so.
    """
    values = {"workspace": account.workspace_id, "account": account.pk}
    with connection.cursor() as cursor:
        cursor.execute(PAIRS, values)
        pairs = cursor.fetchall()
        if not pairs:
            return 0
        old, new, may_move = map(list, zip(*pairs, strict=True))
        values |= {"old": old, "new": new, "move": may_move}
        counts = {}
        statements = {
            "first days": FIRST_DAYS,
            "days_twice": DROP_DAYS,
            "days_moved": MOVE_DAYS,
            "clicks_moved": MOVE_TOUCHES,
        }
        for name, statement in statements.items():
            cursor.execute(statement, values)
            counts[name] = cursor.rowcount
        cursor.execute(CLOSE_ADS, values)
    credited = LedgerEntry.objects.filter(ad_id__in=old)
    queue_deals(None, credited.values_list("deal__external_id", flat=True).distinct(), reread=False)
    del counts["first days"]
    audit.record(TAKEN_OVER, account, actor="Stratum", account=account.name, ads=len(pairs), **counts)
    return len(pairs)
