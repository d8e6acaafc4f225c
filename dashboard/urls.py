from django.urls import path

from dashboard.views import ads, decisions, health, overview, performance, touches, workspaces

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("performance/", performance.performance, name="performance"),
    path("ads/<int:ad_id>/", ads.ad, name="ad"),
    path("decisions/", decisions.queue, name="decisions"),
    path("decisions/<int:change_id>/", decisions.decision, name="decision"),
    path("decisions/<int:change_id>/<slug:verb>/", decisions.decide, name="decide"),
    path("decisions/approve-all/", decisions.approve_all, name="approve-all"),
    path("accounts-of-ads/<int:account_id>/dry-run/", decisions.dry_run, name="dry-run"),
    path("models/", touches.models, name="models"),
    path("touches/", touches.touches, name="touches"),
    path("health/", health.health, name="health"),
    path("workspaces/open/", workspaces.open_workspace, name="open-workspace"),
]
