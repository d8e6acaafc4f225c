from __future__ import annotations

from collections.abc import Iterable

from attribution.models import Deal, StageChange
from stratum.platforms.hubspot_objects import CrmDeal, CrmStage


def store_stage_changes(told: Iterable[tuple[Deal, CrmDeal]], stages: dict[tuple[str, str], CrmStage]) -> None:
    """Keeps every stage that the deals entered, each once, from the CRM's own history of the property."""
    rows = [row for deal, crm in told for row in _of_deal(deal, crm, stages)]
    StageChange.objects.bulk_create(rows, ignore_conflicts=True)


def _of_deal(deal: Deal, crm: CrmDeal, stages: dict[tuple[str, str], CrmStage]) -> list[StageChange]:
    pipelines = {stage_id: pipeline_id for pipeline_id, stage_id in stages}
    rows = []
    for then in crm.history.get("dealstage", ()):
        if not then.value:
            continue
        here = crm.text("pipeline")
        pipeline_id = here if (here, then.value) in stages else pipelines.get(then.value, here)
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
    return rows
