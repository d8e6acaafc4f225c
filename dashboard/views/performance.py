from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from attribution.selectors import Level, by_level, totals
from dashboard.query import Query
from dashboard.views.page import page, shown
from stratum.core.models import AdSet, Campaign

BELOW = {Level.CAMPAIGN: Level.AD_SET, Level.AD_SET: Level.AD}


@page
def performance(request: HttpRequest) -> HttpResponse:
    query: Query = request.query
    rows = by_level(query.level, query.period, parent=query.parent, basis=query.basis, account=query.account)
    previous = query.before()
    earlier = (
        by_level(query.level, previous, parent=query.parent, basis=query.basis, account=query.account)
        if previous
        else []
    )
    before = {(row.id, row.external_id): row.figures for row in earlier}
    below = BELOW.get(query.level)
    table = [
        (row, before.get((row.id, row.external_id)), query.address(level=below, parent=row.id) if below else None)
        for row in rows
    ]
    whole = totals(query.period, basis=query.basis, account=query.account) if query.parent is None else None
    levels = [
        (level, query.address(level=level, parent=None), level is query.level and query.parent is None)
        for level in Level
    ]
    more = {"previous": previous, "whole": whole, "crumbs": _crumbs(query), "levels": levels}
    return shown(request, "performance.html", rows=table, **more)


def _crumbs(query: Query) -> list[tuple[str, str]]:
    """The way from all campaigns down to what is shown, as (name, address)."""
    if query.parent is None:
        return []
    crumbs = [("All campaigns", query.address(level=Level.CAMPAIGN, parent=None))]
    if query.level is Level.AD_SET:
        return [*crumbs, (get_object_or_404(Campaign, pk=query.parent).name, "")]
    ad_set = get_object_or_404(AdSet.objects.select_related("campaign"), pk=query.parent)
    return [
        *crumbs,
        (ad_set.campaign.name, query.address(level=Level.AD_SET, parent=ad_set.campaign_id)),
        (ad_set.name, ""),
    ]
