from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from attribution.selectors import (
    account_gaps,
    conversion_health,
    crm_troubles,
    intake,
    intake_notes,
    match_quality,
    reconciliation,
    stage_probabilities,
    untagged_ads,
)
from dashboard.views.page import page, shown
from sampler.selectors import count_by_status, memory_figures
from stratum.core.clock import now


@page
def health(request: HttpRequest) -> HttpResponse:
    told = {
        "intake": intake(),
        "intake_notes": intake_notes(now()),
        "agreement": reconciliation(),
        "crm_troubles": crm_troubles(),
        "gaps": account_gaps(request.query.period),
        "untagged": untagged_ads(now()),
        "stages": stage_probabilities(),
        "conversions": conversion_health(now()),
        "quality": match_quality(),
        "memory": memory_figures(request.workspace.pk),
    }
    return shown(request, "health.html", counts=count_by_status(), **told)
