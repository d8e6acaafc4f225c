from __future__ import annotations

from datetime import timedelta

from attribution.actions.crm.queue_deals import queue_deals
from attribution.models import CrmConnection, Deal, PipelineStage
from stratum.core.clock import real_now
from stratum.platforms.hubspot import HubSpot
from stratum.platforms.hubspot_objects import CrmStage

KEEP = timedelta(minutes=15)
Stages = dict[tuple[str, str], CrmStage]


def stages_of(portal: CrmConnection) -> Stages:
    """The portal's deal stages by (pipeline, stage) with the probabilities in force, read again when older than `KEEP`."""
    if portal.stages_read_at is None or portal.stages_read_at < real_now() - KEEP:
        read_stages(portal)
    rows = PipelineStage.objects.filter(connection=portal)
    return {
        (s.pipeline_id, s.stage_id): CrmStage(s.pipeline_id, s.stage_id, s.label, s.probability_in_force, s.is_closed)
        for s in rows
    }


def read_stages(portal: CrmConnection) -> None:
    """Stores the pipelines as the CRM has them now. Deals in a stage that changed are valued again, though nobody touched them."""
    known = {(row.pipeline_id, row.stage_id): row for row in PipelineStage.objects.filter(connection=portal)}
    told = HubSpot(portal.access_token).pipelines()
    PipelineStage.objects.bulk_create(
        [
            PipelineStage(
                workspace_id=portal.workspace_id,
                connection=portal,
                pipeline_id=stage.pipeline_id,
                stage_id=stage.stage_id,
                label=stage.label[:160],
                probability=stage.probability,
                is_closed=stage.is_closed,
            )
            for stage in told
        ],
        update_conflicts=True,
        unique_fields=["workspace", "connection", "pipeline_id", "stage_id"],
        update_fields=["label", "probability", "is_closed"],
    )
    for stage in told:
        before = known.get((stage.pipeline_id, stage.stage_id))
        if before:
            _tell_deals(portal, before, stage)
    portal.stages_read_at = real_now()
    portal.save(update_fields=["stages_read_at"])


def _tell_deals(portal: CrmConnection, before: PipelineStage, stage: CrmStage) -> None:
    deals = Deal.objects.filter(
        connection=portal, pipeline_id=stage.pipeline_id, stage_id=stage.stage_id, removed_at=None
    )
    if before.label != stage.label[:160]:
        deals.update(stage_label=stage.label[:160])
    if (before.probability, before.is_closed) != (stage.probability, stage.is_closed):
        # Whether a deal is closed and won is the CRM's to say; what it is worth while it is open, we know ourselves.
        must_ask = before.is_closed or stage.is_closed
        queue_deals(portal, deals.values_list("external_id", flat=True), reread=must_ask)
