from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from attribution.selectors import crm_troubles, intake, reconciliation, stage_probabilities
from dashboard.views.page import page, shown
from sampler.selectors import count_by_status


@page
def health(request: HttpRequest) -> HttpResponse:
    told = {
        "intake": intake(),
        "agreement": reconciliation(),
        "crm_troubles": crm_troubles(),
        "stages": stage_probabilities(),
    }
    return shown(request, "health.html", counts=count_by_status(), **told)
