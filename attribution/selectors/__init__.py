"""What others may ask of attribution. Every function answers for the current workspace."""

from attribution.domain.paths.models import NAMES as MODEL_NAMES
from attribution.domain.paths.models import TOUCH_MODELS
from attribution.models import Layer
from attribution.selectors.account_gaps import Gap, account_gaps
from attribution.selectors.channel_paths import By
from attribution.selectors.conversions import (
    DestinationHealth,
    MatchQuality,
    active_destinations,
    conversion_health,
    destinations_to_score,
    match_quality,
)
from attribution.selectors.credits import CreditFilter, CreditLine, credits, every_credit
from attribution.selectors.deals import DealPage, DealRow, deals
from attribution.selectors.evidence import DealCredit, credits_of_ad, modelled_of_ad
from attribution.selectors.exchange import ForeignSpend, foreign_spend
from attribution.selectors.health import Intake, intake
from attribution.selectors.intake_notes import IntakeNote, intake_notes
from attribution.selectors.journey import Journey, journey
from attribution.selectors.layers import (
    Bridge,
    LayerReturn,
    bridge,
    by_layer,
    in_other_currencies,
    returns_by_layer,
    unattributed,
)
from attribution.selectors.lead_counts import leads_by_day_at_this_hour
from attribution.selectors.loading import Loading, loading, share_read
from attribution.selectors.maturity import (
    MaturedReturn,
    MaturityCurve,
    matured_return,
    matured_roas,
    matured_times,
    maturity,
)
from attribution.selectors.measurement import (
    LearntMatching,
    MatchingRules,
    ModelledRest,
    ReliabilityBin,
    cause_test,
    learnt_matching,
    matching_rules,
    modelled_rest,
)
from attribution.selectors.model_comparison import ChannelCredit, ModelComparison, model_comparison
from attribution.selectors.outcomes import ad_day_outcomes, first_day, last_day, newest_day, revenue_freshness
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
from attribution.selectors.revenue_events import revenue_events
from attribution.selectors.revisions import Revision, revisions, valuations
from attribution.selectors.roas import (
    Basis,
    DayFigures,
    Figures,
    Level,
    LevelFigures,
    by_level,
    totals,
    trend,
)
from attribution.selectors.stages import StageProbability, stage_probabilities
from attribution.selectors.tags import UntaggedAd, untagged_ads
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
    "Bridge",
    "By",
    "ChannelCredit",
    "CreditFilter",
    "CreditLine",
    "Cut",
    "DayFigures",
    "DealCredit",
    "DealPage",
    "DealRow",
    "DestinationHealth",
    "Figures",
    "ForeignSpend",
    "Gap",
    "Intake",
    "IntakeNote",
    "Journey",
    "Layer",
    "LayerReturn",
    "LearntMatching",
    "Level",
    "LevelFigures",
    "Loading",
    "MatchQuality",
    "MatchingRules",
    "MaturedReturn",
    "MaturityCurve",
    "ModelComparison",
    "ModelledRest",
    "ReliabilityBin",
    "Revision",
    "StageProbability",
    "TouchRevenue",
    "UntaggedAd",
    "account_gaps",
    "accounts_to_pull",
    "active_destinations",
    "ad_day_outcomes",
    "ad_pipeline",
    "bridge",
    "by_layer",
    "by_level",
    "cause_test",
    "clicks_of_unknown_ads",
    "conversion_health",
    "credits",
    "credits_of_ad",
    "crm_troubles",
    "deals",
    "destinations_to_score",
    "every_credit",
    "first_day",
    "foreign_spend",
    "in_other_currencies",
    "intake",
    "intake_notes",
    "journey",
    "last_day",
    "leads_by_day_at_this_hour",
    "learnt_matching",
    "loading",
    "match_quality",
    "matching_rules",
    "matured_return",
    "matured_roas",
    "matured_times",
    "maturity",
    "model_comparison",
    "modelled_of_ad",
    "modelled_rest",
    "newest_day",
    "portals_to_learn",
    "portals_to_reconcile",
    "portals_to_sync",
    "reconciliation",
    "returns_by_layer",
    "revenue_events",
    "revenue_freshness",
    "revisions",
    "share_read",
    "stage_probabilities",
    "totals",
    "touch_revenue",
    "trend",
    "unattributed",
    "unbalanced_deals",
    "untagged_ads",
    "valuations",
    "workspaces_to_learn_matching",
    "workspaces_to_model",
    "workspaces_with_due_deals",
]
