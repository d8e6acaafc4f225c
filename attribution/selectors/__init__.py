"""What others may ask of attribution. Every function answers for the current workspace."""

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

__all__ = [
    "Basis",
    "DayFigures",
    "DealCredit",
    "DestinationHealth",
    "Figures",
    "Intake",
    "Level",
    "LevelFigures",
    "MatchQuality",
    "accounts_to_pull",
    "active_destinations",
    "ad_day_outcomes",
    "backlog",
    "by_level",
    "conversion_health",
    "credits_of_ad",
    "destinations_to_score",
    "first_day",
    "intake",
    "last_day",
    "match_quality",
    "revenue_freshness",
    "totals",
    "trend",
    "unattributed",
    "workspaces_with_due_deals",
]
