from __future__ import annotations

from datetime import timedelta

from attribution.models import CrmConnection, PipelineStage
from stratum.core.clock import real_now
from stratum.platforms.hubspot import CrmStage, HubSpot

KEEP = timedelta(minutes=15)
Stages = dict[tuple[str, str], CrmStage]


def stages_of(portal: CrmConnection) -> Stages:
    """The portal's deal stages by (pipeline, stage), read again when what is stored is older than `KEEP`."""
    if portal.stages_read_at is None or portal.stages_read_at < real_now() - KEEP:
        _read_again(portal)
    rows = PipelineStage.objects.filter(connection=portal)
    return {
        (s.pipeline_id, s.stage_id): CrmStage(s.pipeline_id, s.stage_id, s.label, s.probability, s.is_closed)
        for s in rows
    }


def _read_again(portal: CrmConnection) -> None:
    rows = [
        PipelineStage(
            workspace_id=portal.workspace_id,
            connection=portal,
            pipeline_id=stage.pipeline_id,
            stage_id=stage.stage_id,
            label=stage.label[:160],
            probability=stage.probability,
            is_closed=stage.is_closed,
        )
        for stage in HubSpot(portal.access_token).pipelines()
    ]
    PipelineStage.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["workspace", "connection", "pipeline_id", "stage_id"],
        update_fields=["label", "probability", "is_closed"],
    )
    portal.stages_read_at = real_now()
    portal.save(update_fields=["stages_read_at"])
