from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from attribution.models import Deal, StageChange
from stratum.platforms.hubspot_objects import CrmDeal, CrmStage


def store_stage_changes(told: Iterable[tuple[Deal, CrmDeal]], stages: dict[tuple[str, str], CrmStage]) -> None:
    """Keeps every stage that the deals entered, each once, from the CRM's own history of the property.

    Whether a deal's present stage is closed and won may turn out later, when somebody sets the stage up anew: its entries follow.
    """
    told = list(told)
    rows = [row for deal, crm in told for row in _of_deal(deal, crm, stages)]
    StageChange.objects.bulk_create(rows, ignore_conflicts=True)
    present = {deal.pk: crm.text("dealstage")[:80] for deal, crm in told}
    right = {
        (row.deal_id, row.stage_id): (row.is_closed, row.is_won) for row in rows if row.stage_id == present[row.deal_id]
    }
    for row in StageChange.objects.filter(deal__in=present, stage_id__in=set(present.values())):
        is_closed, is_won = right.get((row.deal_id, row.stage_id), (row.is_closed, row.is_won))
        if (is_closed, is_won) != (row.is_closed, row.is_won):
            StageChange.objects.filter(pk=row.pk).update(is_closed=is_closed, is_won=is_won)


def closed_and_won(crm: CrmDeal, stage: CrmStage | None) -> tuple[bool, bool]:
    """From HubSpot's calculated properties, else from the stage's metadata; never from the name of a stage."""
    closed, won = crm.flag("hs_is_closed"), crm.flag("hs_is_closed_won")
    if closed is None and stage:
        closed = stage.is_closed
    if won is None:
        won = _means_won(stage)
    return bool(closed), bool(won)


def _means_won(stage: CrmStage | None) -> bool:
    return stage is not None and stage.is_closed and stage.probability == Decimal(1)


def _of_deal(deal: Deal, crm: CrmDeal, stages: dict[tuple[str, str], CrmStage]) -> list[StageChange]:
    pipelines = {stage_id: pipeline_id for pipeline_id, stage_id in stages}
    here = crm.text("pipeline")
    rows = []
    for then in crm.history.get("dealstage", ()):
        if not then.value:
            continue
        pipeline_id = here if (here, then.value) in stages else pipelines.get(then.value, here)
        stage = stages.get((pipeline_id, then.value))
        # The CRM itself says how the deal stands in its present stage, also where its pipeline lists that stage no longer.
        is_present = then.value == crm.text("dealstage")
        is_closed, is_won = (
            closed_and_won(crm, stage) if is_present else (bool(stage and stage.is_closed), _means_won(stage))
        )
        rows.append(
            StageChange(
                workspace_id=deal.workspace_id,
                deal=deal,
                pipeline_id=pipeline_id[:80],
                stage_id=then.value[:80],
                is_closed=is_closed,
                is_won=is_won,
                occurred_at=then.at,
            )
        )
    return rows
