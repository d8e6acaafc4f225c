from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from attribution.actions.credit.set_matching import set_matching
from attribution.selectors import (
    Layer,
    by_layer,
    cause_test,
    learnt_matching,
    matching_rules,
    matured_return,
    maturity,
    modelled_rest,
    reconciliation,
    returns_by_layer,
    trend,
)
from dashboard.matching_form import MatchingForm
from dashboard.measurement_charts import maturity_chart, reliability_chart
from dashboard.views.page import page, shown
from stratum.core.clock import now
from stratum.core.permissions import ADMIN, may


@page
def measurement(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _shown(request, MatchingForm.showing(matching_rules()))
    if not may(request.role, ADMIN):
        raise PermissionDenied
    form = MatchingForm(request.POST, label_suffix="")
    if not form.is_valid():
        return _shown(request, form, status=400)
    queued = set_matching(request.workspace, actor=request.user.email, now=now(), **form.cleaned_data)
    again = f" {queued:,} deals of the last 180 days are matched again now." if queued else ""
    messages.success(request, f"Saved.{again} The modelled part is spread anew with its next run.")
    return redirect("measurement")


def _shown(request: HttpRequest, form: MatchingForm, status: int = 200) -> HttpResponse:
    query, learnt, curve = request.query, learnt_matching(), maturity(now=now())
    rules = matching_rules()
    layers = by_layer(query.period, basis=query.basis)
    booked = sum(layers.values())
    returns = returns_by_layer(query.period, basis=query.basis)
    answer = shown(
        request,
        "measurement.html",
        form=form,
        learnt=learnt,
        rest=modelled_rest(),
        rules=rules,
        cause=cause_test(learnt, rules),
        agreement=reconciliation(),
        layers=[(layer, layers[layer], layers[layer] / booked if booked else None) for layer in Layer],
        booked=booked,
        unattributed_share=layers[Layer.UNATTRIBUTED] / booked if booked else None,
        steps=returns[:-1],
        every=returns[-2],
        without_probable=returns[-1],
        curve=curve,
        matured=matured_return(trend(query.period, basis=query.basis), curve, query.basis),
        reliability=reliability_chart(learnt.reliability) if learnt and learnt.reliability else None,
        maturity=maturity_chart(curve) if curve else None,
    )
    answer.status_code = status
    return answer
