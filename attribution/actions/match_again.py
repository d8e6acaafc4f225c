"""Evidence that came late: a click after its deal, an ad after its clicks. The deals that it concerns are matched again."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from attribution.actions.queue_deals import queue_deals
from stratum.core.tenancy import current_workspace_id

DEALS_OF_CLICKS = """
    SELECT DISTINCT deal.external_id
    FROM attribution_touchpoint click
    JOIN attribution_deal deal ON deal.workspace_id = click.workspace_id
     AND deal.created_at BETWEEN click.occurred_at AND click.occurred_at + interval '45 days'
     AND (deal.click_hash = click.click_hash OR deal.anonymous_hash = click.anonymous_hash OR deal.email_hash = click.email_hash
          OR deal.fingerprint_hash = click.fingerprint_hash OR deal.ip_hash = click.ip_hash)
    WHERE click.workspace_id = %s AND click.kind = 'ad_click' AND NOT click.is_bot AND {which} = ANY(%s)
"""


def match_again_for_touchpoints(touchpoint_ids: Sequence[str]) -> None:
    """Queues deals whose lead came after one of these clicks and shares a key with it."""
    _queue("click.touchpoint_id", touchpoint_ids)


def match_again_for_ads(external_ids: Sequence[str]) -> None:
    """Queues deals that clicks of these ads may explain: until an ad is known, its clicks earn nothing."""
    _queue("click.ad_external_id", external_ids)


def _queue(which: str, ids: Sequence[str]) -> None:
    if not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(DEALS_OF_CLICKS.format(which=which), [current_workspace_id(), list(ids)])
        queue_deals(None, [deal for (deal,) in cursor.fetchall()], reread=False)
