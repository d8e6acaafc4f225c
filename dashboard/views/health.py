from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from attribution.selectors import intake, reconciliation, stage_probabilities
from dashboard.views.page import page, shown
from sampler.selectors import count_by_status


@page
def health(request: HttpRequest) -> HttpResponse:
    told = {"intake": intake(), "agreement": reconciliation(), "stages": stage_probabilities()}
    return shown(request, "health.html", counts=count_by_status(), **told)
