"""Two deal pipelines: the default one with renamed labels, and one made later whose stages have numeric ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stage:
    id: str
    label: str
    probability: float
    closed: bool = False


@dataclass(frozen=True)
class Pipeline:
    id: str
    label: str
    stages: tuple[Stage, ...]

    @property
    def open_stages(self) -> tuple[Stage, ...]:
        return tuple(stage for stage in self.stages if not stage.closed)

    def ending(self, won: bool) -> Stage:
        return next(stage for stage in self.stages if stage.closed and (stage.probability == 1.0) == won)

    def stage(self, stage_id: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.id == stage_id), None)


PIPELINES: dict[str, Pipeline] = {
    pipeline.id: pipeline
    for pipeline in (
        Pipeline(
            "default",
            "Sales Pipeline",
            (
                Stage("appointmentscheduled", "Replied", 0.2),
                Stage("qualifiedtobuy", "Qualified", 0.4),
                Stage("presentationscheduled", "Visit booked", 0.6),
                Stage("decisionmakerboughtin", "Proposal Sent", 0.8),
                Stage("contractsent", "Contract out", 0.9),
                Stage("closedwon", "Closed Won", 1.0, closed=True),
                Stage("closedlost", "Closed Lost", 0.0, closed=True),
            ),
        ),
        Pipeline(
            "3482933980",
            "Business",
            (
                Stage("3482933981", "Demo requested", 0.1),
                Stage("3482933982", "Demo held", 0.3),
                Stage("3482933983", "Security review", 0.6),
                Stage("3482933984", "Legal", 0.85),
                Stage("3482933986", "Signed", 1.0, closed=True),
                Stage("3482933987", "No decision", 0.0, closed=True),
            ),
        ),
    )
}


def stage_of(pipeline_id: str | None, stage_id: str | None) -> Stage | None:
    pipeline = PIPELINES.get(pipeline_id or "")
    return pipeline.stage(stage_id or "") if pipeline else None


def as_json(pipeline: Pipeline, edits: dict[tuple[str, str], Stage], unlisted: set[tuple[str, str]]) -> dict[str, Any]:
    """The pipelines endpoint's shape: `probability` and `isClosed` are strings. Edited stages keep their ids."""
    stamp = "2024-03-01T09:00:00.000Z"
    frame = {"createdAt": stamp, "updatedAt": stamp, "archived": False}
    stages = [
        {
            "id": stage.id,
            "label": stage.label,
            "displayOrder": order,
            "metadata": {"isClosed": str(stage.closed).lower(), "probability": str(stage.probability)},
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            **frame,
        }
        for order, stage in enumerate(edits.get((pipeline.id, stage.id), stage) for stage in pipeline.stages)
        if (pipeline.id, stage.id) not in unlisted
    ]
    order = list(PIPELINES).index(pipeline.id)
    return {"id": pipeline.id, "label": pipeline.label, "displayOrder": order, "stages": stages, **frame}
