from django.urls import path, register_converter
from django.urls.converters import PathConverter

from dashboard.views import (
    ads,
    deals,
    decisions,
    health,
    measurement,
    overview,
    performance,
    simulator,
    touches,
    workspaces,
)


class AnyText(PathConverter):
    """Ids of deals are whatever a CRM or a file made them."""

    regex = r"[\s\S]+"


register_converter(AnyText, "any")

urlpatterns = [
    path("", overview.overview, name="overview"),
    path("performance/", performance.performance, name="performance"),
    path("ads/<int:ad_id>/", ads.ad, name="ad"),
    path("decisions/", decisions.queue, name="decisions"),
    path("decisions/<int:change_id>/", decisions.decision, name="decision"),
    path("decisions/<int:change_id>/<slug:verb>/", decisions.decide, name="decide"),
    path("decisions/approve-all/", decisions.approve_all, name="approve-all"),
    path("accounts-of-ads/<int:account_id>/dry-run/", decisions.dry_run, name="dry-run"),
    path("halt/", decisions.halt, name="halt"),
    path("halt/<int:account_id>/", decisions.halt, name="halt"),
    path("simulator/", simulator.simulator, name="simulator"),
    path("simulator/propose/", simulator.propose, name="propose-scenario"),
    path("resume/<int:account_id>/", decisions.resume, name="resume"),
    path("plans/<int:plan_id>/roll-back/", decisions.roll_back, name="roll-back"),
    path("models/", touches.models, name="models"),
    path("touches/", touches.touches, name="touches"),
    path("deals/", deals.deals, name="deals"),
    path("deals/<any:external_id>/", deals.deal, name="deal"),
    path("measurement/", measurement.measurement, name="measurement"),
    path("health/", health.health, name="health"),
    path("workspaces/open/", workspaces.open_workspace, name="open-workspace"),
]
