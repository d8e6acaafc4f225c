"""Late truth: a click or a touch after its deal, an edge between keys, an ad after its clicks. The deals that it concerns are matched again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection
from psycopg import Cursor

from attribution.actions.crm.queue_deals import queue_deals
from attribution.domain.delays import WINDOW
from attribution.domain.identity import ANONYMOUS, COMPANY, CONTACT, EMAIL, PHONE, Key
from attribution.models import Deal, Touchpoint
from stratum.core.tenancy import current_workspace_id

PEOPLE_OF_BROWSERS = """
    SELECT DISTINCT other.kind, other.key_hash FROM unnest(%(browsers)s::bigint[]) AS browser
    JOIN attribution_personkey mine ON mine.workspace_id = %(workspace)s AND mine.kind = 1 AND mine.key_hash = browser
    JOIN attribution_personkey other ON other.workspace_id = %(workspace)s AND other.person = mine.person
"""
COLUMN_OF = {
    ANONYMOUS: "anonymous_hash",
    EMAIL: "email_hash",
    PHONE: "phone_hash",
    CONTACT: "contact_hash",
    COMPANY: "company_hash",
}
LEADS_OF_SHARED_KEYS = """
    SELECT deal.external_id FROM (
        SELECT key_hash, min(occurred_at) AS first, max(occurred_at) AS last
        FROM unnest(%(hashes)s::bigint[], %(times)s::timestamptz[]) AS touch(key_hash, occurred_at) GROUP BY key_hash
    ) AS shared CROSS JOIN LATERAL (
        SELECT id, external_id FROM attribution_deal deal
        WHERE deal.workspace_id = %(workspace)s AND deal.{key}_hash = shared.key_hash
          AND deal.created_at BETWEEN shared.first AND shared.last + interval '30 days' OFFSET 0
    ) AS deal
    WHERE (SELECT sum(credit) FROM attribution_ledgerentry line
           WHERE line.workspace_id = %(workspace)s AND line.deal_id = deal.id AND line.layer IN ('fingerprint', 'ip')) > 0
"""
CLICKS_OF_ADS = """
    UPDATE attribution_touchpoint touch SET ad_id = ad.id
    FROM core_ad ad
    WHERE touch.workspace_id = %(workspace)s AND touch.kind = 'ad_click' AND NOT touch.is_bot AND touch.ad_external_id = ANY(%(ads)s)
      AND ad.workspace_id = touch.workspace_id AND ad.external_id = touch.ad_external_id
      AND (touch.ad_id IS NULL OR EXISTS (SELECT FROM core_ad stand_in WHERE stand_in.id = touch.ad_id AND stand_in.is_remainder))
    RETURNING click_hash, anonymous_hash, fingerprint_hash, ip_hash, occurred_at
"""


def match_again_for_clicks(keys: Mapping[str, Sequence[int]], *, first: datetime, last: datetime) -> None:
    """Queues deals whose lead came after one of these clicks and shares a key, or a person, with it. `keys`: hashes by kind."""
    late = Deal.objects.filter(created_at__range=(first, last + timedelta(days=WINDOW)))
    if late.exists():
        columns = [(f"{key}_hash", hashes) for key, hashes in keys.items()]
        columns.append(("other_click_hash", keys.get("click", ())))
        columns += _by_column(_people_of(keys.get("anonymous", ()))).items()
        _queue(deal for column, hashes in columns for deal in _sharing(late, column, hashes))


def match_again_for_sharers(touches: Mapping[str, Sequence[tuple[int, datetime]]]) -> None:
    """Queues deals that are credited by a fingerprint or address that one more touch before their lead shares.

    `touches`: hashes with their times by kind. Who shares a key makes it say less and never more, so that a hot key, by which
    nothing stands any more, queues nothing.
    """
    _queue(deal for key, seen in touches.items() for deal in _standing_on(key, seen))


def match_again_for_people(changed: Iterable[Key]) -> None:
    """Queues the deals of keys whose person has changed."""
    _queue(
        deal for column, hashes in _by_column(changed).items() for deal in _sharing(Deal.objects.all(), column, hashes)
    )


def match_again_for_ads(external_ids: Sequence[str]) -> None:
    """Ties clicks to ads that became known only now, and queues the deals that they may explain."""
    with connection.cursor() as cursor:
        cursor.execute(CLICKS_OF_ADS, {"workspace": current_workspace_id(), "ads": list(external_ids)})
        rows = cursor.fetchall()
    _match_again_for_rows(rows)


def match_again_for_touches(touch_ids: Sequence[int]) -> None:
    """Queues the deals that these clicks may explain."""
    clicks = Touchpoint.objects.filter(pk__in=touch_ids)
    _match_again_for_rows(
        list(clicks.values_list("click_hash", "anonymous_hash", "fingerprint_hash", "ip_hash", "occurred_at"))
    )


def _match_again_for_rows(rows: Sequence[tuple]) -> None:
    """`rows`: hashes of clicks in the order click, cookie, fingerprint, address, and their times."""
    if rows:
        *columns, times = zip(*rows, strict=True)
        names = ("click", "anonymous", "fingerprint", "ip")
        keys = {
            key: [found for found in column if found is not None] for key, column in zip(names, columns, strict=True)
        }
        match_again_for_clicks(keys, first=min(times), last=max(times))


def _people_of(browsers: Sequence[int]) -> list[Key]:
    if not browsers:
        return []
    with connection.cursor() as cursor:
        cursor.execute(PEOPLE_OF_BROWSERS, {"workspace": current_workspace_id(), "browsers": list(browsers)})
        return cursor.fetchall()


def _standing_on(key: str, seen: Sequence[tuple[int, datetime]]) -> list[str]:
    if not seen:
        return []
    hashes, times = map(list, zip(*seen, strict=True))
    values = {"workspace": current_workspace_id(), "hashes": hashes, "times": times}
    # Every visit asks: planning it anew would take longer than running it.
    with connection.wrap_database_errors, Cursor(connection.connection) as cursor:
        found = cursor.execute(LEADS_OF_SHARED_KEYS.replace("{key}", key), values, prepare=True)
        return [deal for (deal,) in found]


def _by_column(keys: Iterable[Key]) -> dict[str, list[int]]:
    by_column: dict[str, list[int]] = {}
    for kind, key_hash in keys:
        by_column.setdefault(COLUMN_OF[kind], []).append(key_hash)
    return by_column


def _sharing(deals: object, column: str, hashes: Sequence[int]) -> Sequence[str]:
    return deals.filter(**{f"{column}__in": set(hashes)}).values_list("external_id", flat=True) if hashes else ()


def _queue(deal_ids: Iterable[str]) -> None:
    queue_deals(None, deal_ids, reread=False)
