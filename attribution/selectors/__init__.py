"""What others may ask of attribution. Every function answers for the current workspace."""

from attribution.domain.paths.models import NAMES as MODEL_NAMES
from attribution.domain.paths.models import TOUCH_MODELS
from attribution.selectors.channel_paths import By
from attribution.selectors.evidence import DealCredit, credits_of_ad
from attribution.selectors.health import Intake, backlog, intake
from attribution.selectors.model_comparison import ChannelCredit, ModelComparison, model_comparison
from attribution.selectors.outcomes import ad_day_outcomes, first_day, last_day, revenue_freshness
from attribution.selectors.queues import accounts_to_pull, workspaces_with_due_deals
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
from attribution.selectors.touch_revenue import DEFAULT_MODEL, Cut, TouchRevenue, touch_revenue

__all__ = [
    "DEFAULT_MODEL",
    "MODEL_NAMES",
    "TOUCH_MODELS",
    "Basis",
    "By",
    "ChannelCredit",
    "Cut",
    "DayFigures",
    "DealCredit",
    "Figures",
    "Intake",
    "Level",
    "LevelFigures",
    "ModelComparison",
    "TouchRevenue",
    "accounts_to_pull",
    "ad_day_outcomes",
    "backlog",
    "by_level",
    "credits_of_ad",
    "first_day",
    "intake",
    "last_day",
    "model_comparison",
    "revenue_freshness",
    "totals",
    "touch_revenue",
    "trend",
    "unattributed",
    "workspaces_with_due_deals",
]
