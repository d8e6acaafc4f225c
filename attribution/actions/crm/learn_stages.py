from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db import connection

from attribution.actions.crm.queue_deals import queue_deals
from attribution.domain.stage_odds import ENOUGH, LEAST_MOVE, Odds, Visit, learn_odds
from attribution.models import CrmConnection, CrmSync, Deal, PipelineStage

VISITS = """
    SELECT entry.pipeline_id, entry.stage_id, deal.is_closed, deal.is_won,
           greatest(0, extract(epoch FROM CASE WHEN deal.is_closed THEN latest.at ELSE %s END - entry.at) / 86400)::float8
    FROM (SELECT deal_id, pipeline_id, stage_id, min(occurred_at) AS at FROM attribution_stagechange
          WHERE workspace_id = %s GROUP BY 1, 2, 3) entry
    JOIN (SELECT deal_id, max(occurred_at) AS at FROM attribution_stagechange
          WHERE workspace_id = %s GROUP BY 1) latest USING (deal_id)
    JOIN attribution_deal deal ON deal.id = entry.deal_id
    WHERE deal.connection_id = %s AND deal.removed_at IS NULL
"""


def learn_stages(portal: CrmConnection, *, now: datetime) -> int:
    """Learns the probability of every open stage from the portal's history; returns how many now value deals differently.

    A deal counts in each stage once, from its first entry, with the end it has today: a re-opened deal is open again. Deleted
    and merged deals tell nothing. Deals in a stage whose probability in force changed are valued again.
    """
    visits = _visits(portal, now)
    changed = 0
    for stage in PipelineStage.objects.filter(connection=portal, is_closed=False).order_by("id"):
        before = stage.probability_in_force
        _keep(stage, learn_odds(visits[stage.pipeline_id, stage.stage_id], stage.probability), now)
        if stage.probability_in_force != before:
            changed += 1
            here = Deal.objects.filter(connection=portal, pipeline_id=stage.pipeline_id, stage_id=stage.stage_id)
            queue_deals(portal, here.filter(removed_at=None).values_list("external_id", flat=True), reread=False)
    CrmSync.objects.update_or_create(workspace_id=portal.workspace_id, connection=portal, defaults={"learnt_at": now})
    return changed


def _visits(portal: CrmConnection, now: datetime) -> dict[tuple[str, str], list[Visit]]:
    found: dict[tuple[str, str], list[Visit]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(VISITS, [now, portal.workspace_id, portal.workspace_id, portal.pk])
        for pipeline_id, stage_id, is_closed, is_won, days in cursor.fetchall():
            found[pipeline_id, stage_id].append(Visit(days, is_closed, is_won))
    return found


def _keep(stage: PipelineStage, odds: Odds, now: datetime) -> None:
    known = stage.learnt_probability
    is_first = known is None or (stage.learnt_from < ENOUGH <= odds.closed)
    if is_first or abs(odds.probability - known) >= LEAST_MOVE:
        stage.learnt_probability = odds.probability
    stage.learnt_from, stage.learnt_won, stage.still_open = odds.closed, odds.won, odds.still_open
    stage.learnt_at = now
    stage.save(update_fields=["learnt_probability", "learnt_from", "learnt_won", "still_open", "learnt_at"])
