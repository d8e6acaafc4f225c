"""Every REST endpoint on one page."""

from django.urls import path, re_path

from attribution.api import AdDays, Deals, MessageLinks, Touchpoints
from attribution.conversion_api import EventQuality, PreviewConversion, TrackConversion
from attribution.pipeline_api import IngestCrmData
from dashboard.api import RoasCampaigns, RoasDashboard, RoasMetrics
from dashboard.credit_api import Credits, Reliability
from dashboard.cut_api import RoasAds, RoasInsights, RoasSegments, RoasTrend
from dashboard.touch_api import AttributionModels, RevenuePerTouch
from learning.api import Feedback
from sampler.api import ApproveChange, Changes, OneChange, RejectChange, UndoChange
from sampler.engine_api import Beliefs, Decisions, Select
from sampler.plan_api import Plans, RollBackPlan
from sampler.simulate_api import Simulate
from stratum.core.api.views import NoSuchEndpoint

urlpatterns = [
    path("roas/dashboard", RoasDashboard.as_view()),
    path("roas/campaigns", RoasCampaigns.as_view()),
    path("roas/metrics", RoasMetrics.as_view()),
    path("roas/ads", RoasAds.as_view()),
    path("roas/trend", RoasTrend.as_view()),
    path("roas/segments", RoasSegments.as_view()),
    path("roas/insights", RoasInsights.as_view()),
    path("credits", Credits.as_view()),
    path("attribution/reliability", Reliability.as_view()),
    path("attribution/models", AttributionModels.as_view()),
    path("touches/rpmt", RevenuePerTouch.as_view()),
    path("changes", Changes.as_view()),
    path("changes/<int:change_id>", OneChange.as_view()),
    path("changes/<int:change_id>/approve", ApproveChange.as_view()),
    path("changes/<int:change_id>/reject", RejectChange.as_view()),
    path("changes/<int:change_id>/undo", UndoChange.as_view()),
    path("plans", Plans.as_view()),
    path("plans/<int:plan_id>/rollback", RollBackPlan.as_view()),
    path("touchpoints", Touchpoints.as_view()),
    path("deals", Deals.as_view()),
    path("message-links", MessageLinks.as_view()),
    path("ad-days", AdDays.as_view()),
    path("ml/ingest-crm-data", IngestCrmData.as_view()),
    path("ml/meta-capi/track", TrackConversion.as_view()),
    path("ml/meta-capi/preview", PreviewConversion.as_view()),
    path("ml/battle-hardened/select", Select.as_view()),
    path("ml/battle-hardened/feedback", Feedback.as_view()),
    path("ml/battle-hardened/beliefs", Beliefs.as_view()),
    path("ml/battle-hardened/decisions", Decisions.as_view()),
    path("ml/simulate", Simulate.as_view()),
    path("ml/event-quality", EventQuality.as_view()),
    re_path("^(?!schema/|docs/)", NoSuchEndpoint.as_view()),
]
