from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from attribution.selectors import intake
from dashboard.views.page import page, shown
from sampler.selectors import count_by_status


@page
def health(request: HttpRequest) -> HttpResponse:
    return shown(request, "health.html", intake=intake(), counts=count_by_status())
