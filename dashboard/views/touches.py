from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from attribution.selectors import (
    DEFAULT_MODEL,
    MODEL_NAMES,
    TOUCH_MODELS,
    By,
    Cut,
    bridge,
    model_comparison,
    touch_revenue,
)
from dashboard.charts import models_chart, touches_chart
from dashboard.views.page import page, shown
from stratum.core.clock import now


@page
def models(request: HttpRequest) -> HttpResponse:
    """Every attribution model on the same paths."""
    by = request.GET.get("by", By.CHANNEL)
    if by not in list(By):
        raise Http404
    found = model_comparison(request.query.period, by=By(by), now=now())
    chart = models_chart(found, request.workspace.currency)
    parts = bridge(request.query.period) if request.workspace.revenue_source == "crm" else None
    return shown(
        request,
        "models.html",
        found=found,
        by=by,
        cuts=list(By),
        chart=chart,
        kept=[("by", by)],
        fixed_basis=True,
        bridge=parts,
        other_days=found.revenue - parts.booked if parts else None,
    )


@page
def touches(request: HttpRequest) -> HttpResponse:
    """Revenue per marketing touch."""
    cut, model = request.GET.get("by", Cut.CHANNEL), request.GET.get("model", DEFAULT_MODEL)
    if cut not in list(Cut) or model not in TOUCH_MODELS:
        raise Http404
    every, rows = touch_revenue(request.query.period, cut=Cut(cut), model=model, now=now())
    return shown(
        request,
        "touches.html",
        every=every,
        rows=rows,
        by=cut,
        cuts=list(Cut),
        model=model,
        model_name=MODEL_NAMES[model],
        models=[(key, MODEL_NAMES[key]) for key in TOUCH_MODELS],
        chart=touches_chart(rows, request.workspace.currency),
        kept=[("by", cut), ("model", model)],
        fixed_basis=True,
    )
