"""Every REST endpoint on one page."""

from django.urls import path

from attribution.api import Deals, Touchpoints
from dashboard.api import RoasCampaigns, RoasDashboard, RoasMetrics

urlpatterns = [
    path("roas/dashboard", RoasDashboard.as_view()),
    path("roas/campaigns", RoasCampaigns.as_view()),
    path("roas/metrics", RoasMetrics.as_view()),
    path("touchpoints", Touchpoints.as_view()),
    path("deals", Deals.as_view()),
]
