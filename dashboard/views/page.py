"""What every page has in common: a signed-in reader with a workspace, a query that can be read, and the header's figures."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from attribution.selectors import foreign_spend
from dashboard.freshness import freshness
from dashboard.query import PRESETS, BadQuery, Query
from sampler.selectors import count_by_status
from stratum.core import clock
from stratum.core.models import AdAccount
from stratum.core.permissions import ADMIN, APPROVE, DECIDE, may

View = Callable[..., HttpResponse]


def page(view: View) -> View:
    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.workspace is None:
            return render(request, "no_workspace.html", status=403)
        try:
            request.query = Query.read(request.GET, request.workspace)
        except BadQuery as bad:
            return render(request, "bad_query.html", {"problem": bad, "workspace": request.workspace}, status=400)
        return view(request, *args, **kwargs)

    return wrapped


def shown(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    """Renders a page. htmx gets the partial of the same name, `_template`, for what it swaps."""
    query: Query = request.query
    common = {
        "query": query,
        "workspace": request.workspace,
        "currency": request.workspace.currency,
        "presets": [
            (
                label,
                query.address(period=query.period.last(int(days), end=query.period.end)),
                query.period.length == int(days),
            )
            for days, label in PRESETS.items()
        ],
        "waiting": count_by_status()["waiting"],
        "freshness": freshness(request.workspace, query.basis),
        "accounts": list(AdAccount.objects.order_by("id")),
        "foreign": foreign_spend(query.period, account=query.account),
        "replayed_until": clock.now() if clock.pace() > 1 else None,
        "may_approve": may(request.role, APPROVE),
        "may_decide": may(request.role, DECIDE),
        "may_admin": may(request.role, ADMIN),
    }
    folder, _, name = template.rpartition("/")
    partial = request.htmx and not request.htmx.boosted
    return render(request, f"{folder}/_{name}".lstrip("/") if partial else template, {**common, **context})
