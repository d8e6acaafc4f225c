from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from attribution.selectors import conversion_health, intake, match_quality, reconciliation, stage_probabilities
from dashboard.views.page import page, shown
from sampler.selectors import count_by_status
from stratum.core.clock import now


@page
def health(request: HttpRequest) -> HttpResponse:
    told = {
        "intake": intake(),
        "agreement": reconciliation(),
        "stages": stage_probabilities(),
        "conversions": conversion_health(now()),
        "quality": match_quality(),
    }
    return shown(request, "health.html", counts=count_by_status(), **told)
