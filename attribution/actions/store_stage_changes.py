from __future__ import annotations

from attribution.actions.read_stages import Stages
from attribution.models import Deal, StageChange
from stratum.platforms.hubspot_objects import CrmDeal


def store_stage_changes(deal: Deal, crm: CrmDeal, stages: Stages) -> None:
    """Keeps every stage that the deal entered, each once, from the CRM's own history of the property."""
    pipelines = {stage_id: pipeline_id for pipeline_id, stage_id in stages}
    rows = []
    for then in crm.history.get("dealstage", ()):
        if not then.value:
            continue
        here = (crm.text("pipeline"), then.value)
        pipeline_id = here[0] if here in stages else pipelines.get(then.value, here[0])
        stage = stages.get((pipeline_id, then.value))
        is_closed = bool(stage and stage.is_closed)
        rows.append(
            StageChange(
                workspace_id=deal.workspace_id,
                deal=deal,
                pipeline_id=pipeline_id[:80],
                stage_id=then.value[:80],
                is_closed=is_closed,
                is_won=bool(stage and is_closed and stage.probability == 1),
                occurred_at=then.at,
            )
        )
    StageChange.objects.bulk_create(rows, ignore_conflicts=True)
