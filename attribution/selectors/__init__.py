"""What others may ask of attribution. Every function answers for the current workspace."""

from attribution.domain.paths.models import NAMES as MODEL_NAMES
from attribution.domain.paths.models import TOUCH_MODELS
from attribution.selectors.channel_paths import By
from attribution.selectors.conversions import (
    DestinationHealth,
    MatchQuality,
    active_destinations,
    conversion_health,
    destinations_to_score,
    match_quality,
)
from attribution.selectors.evidence import DealCredit, credits_of_ad
from attribution.selectors.health import Intake, backlog, intake
from attribution.selectors.model_comparison import ChannelCredit, ModelComparison, model_comparison
from attribution.selectors.outcomes import ad_day_outcomes, first_day, last_day, revenue_freshness
from attribution.selectors.pipeline import AdPipeline, ad_pipeline
from attribution.selectors.queues import (
    accounts_to_pull,
    portals_to_learn,
    portals_to_reconcile,
    portals_to_sync,
    workspaces_to_learn_matching,
    workspaces_to_model,
    workspaces_with_due_deals,
)
from attribution.selectors.reconciliation import Agreement, crm_troubles, reconciliation
from attribution.selectors.roas import (
    Basis,
    DayFigures,
    Figures,
    Level,
    LevelFigures,
    by_layer,
    by_level,
    totals,
    trend,
    unattributed,
)
from attribution.selectors.stages import StageProbability, stage_probabilities
from attribution.selectors.touch_revenue import DEFAULT_MODEL, Cut, TouchRevenue, touch_revenue
from attribution.selectors.unbalanced import unbalanced_deals
from attribution.selectors.unknown_ads import clicks_of_unknown_ads

__all__ = [
    "DEFAULT_MODEL",
    "MODEL_NAMES",
    "TOUCH_MODELS",
    "AdPipeline",
    "Agreement",
    "Basis",
    "By",
    "ChannelCredit",
    "Cut",
    "DayFigures",
    "DealCredit",
    "DestinationHealth",
    "Figures",
    "Intake",
    "Level",
    "LevelFigures",
    "MatchQuality",
    "ModelComparison",
    "StageProbability",
    "TouchRevenue",
    "accounts_to_pull",
    "active_destinations",
    "ad_day_outcomes",
    "ad_pipeline",
    "backlog",
    "by_layer",
    "by_level",
    "clicks_of_unknown_ads",
    "conversion_health",
    "credits_of_ad",
    "crm_troubles",
    "destinations_to_score",
    "first_day",
    "intake",
    "last_day",
    "match_quality",
    "model_comparison",
    "portals_to_learn",
    "portals_to_reconcile",
    "portals_to_sync",
    "reconciliation",
    "revenue_freshness",
    "stage_probabilities",
    "totals",
    "touch_revenue",
    "trend",
    "unattributed",
    "unbalanced_deals",
    "workspaces_to_learn_matching",
    "workspaces_to_model",
    "workspaces_with_due_deals",
]
