from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from attribution.domain.stage_odds import ENOUGH
from attribution.models import PipelineStage


@dataclass(frozen=True)
class StageProbability:
    """An open stage's probability as the CRM is set and as it was learnt, side by side, and which of the two counts."""

    pipeline_id: str
    stage_id: str
    label: str
    configured: Decimal
    learnt: Decimal | None
    learnt_from: int
    won: int
    still_open: int
    in_force: Decimal
    learnt_at: datetime | None

    @property
    def is_learnt(self) -> bool:
        return self.learnt is not None and self.learnt_from >= ENOUGH


def stage_probabilities() -> list[StageProbability]:
    """Every open stage, by pipeline and from the least likely to the likeliest."""
    stages = PipelineStage.objects.filter(is_closed=False).order_by("connection_id", "pipeline_id", "probability", "id")
    return [
        StageProbability(
            pipeline_id=stage.pipeline_id,
            stage_id=stage.stage_id,
            label=stage.label,
            configured=stage.probability,
            learnt=stage.learnt_probability,
            learnt_from=stage.learnt_from,
            won=stage.learnt_won,
            still_open=stage.still_open,
            in_force=stage.probability_in_force,
            learnt_at=stage.learnt_at,
        )
        for stage in stages
    ]
