"""What others may ask of attribution. Every function answers for the current workspace."""

from attribution.selectors.evidence import DealCredit, credits_of_ad
from attribution.selectors.health import Intake, backlog, intake
from attribution.selectors.outcomes import ad_day_outcomes, first_day, last_day, revenue_freshness
from attribution.selectors.pipeline import AdPipeline, ad_pipeline
from attribution.selectors.queues import (
    accounts_to_pull,
    portals_to_learn,
    portals_to_reconcile,
    portals_to_sync,
    workspaces_with_due_deals,
)
from attribution.selectors.reconciliation import Agreement, crm_troubles, reconciliation
from attribution.selectors.roas import (
    Basis,
    DayFigures,
    Figures,
    Level,
    LevelFigures,
    by_level,
    totals,
    trend,
    unattributed,
)
from attribution.selectors.stages import StageProbability, stage_probabilities

__all__ = [
    "AdPipeline",
    "Agreement",
    "Basis",
    "DayFigures",
    "DealCredit",
    "Figures",
    "Intake",
    "Level",
    "LevelFigures",
    "StageProbability",
    "accounts_to_pull",
    "ad_day_outcomes",
    "ad_pipeline",
    "backlog",
    "by_level",
    "credits_of_ad",
    "crm_troubles",
    "first_day",
    "intake",
    "last_day",
    "portals_to_learn",
    "portals_to_reconcile",
    "portals_to_sync",
    "reconciliation",
    "revenue_freshness",
    "stage_probabilities",
    "totals",
    "trend",
    "unattributed",
    "workspaces_with_due_deals",
]
