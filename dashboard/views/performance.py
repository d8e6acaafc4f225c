from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from attribution.selectors import Level, LevelFigures, by_level, totals
from dashboard.comparison import ripening
from dashboard.query import Query
from dashboard.views.page import page, shown
from stratum.core.models import AdSet, Campaign
from stratum.core.periods import Period

BELOW = {Level.CAMPAIGN: Level.AD_SET, Level.AD_SET: Level.AD}
ALL = {"parent": None, "platform": None, "audience": None}


@page
def performance(request: HttpRequest) -> HttpResponse:
    query: Query = request.query
    previous = query.before()
    before = {(row.id, row.external_id): row.figures for row in (_rows(query, previous) if previous else [])}
    table = [(row, before.get((row.id, row.external_id)), _below(query, row)) for row in _rows(query, query.period)]
    is_all = query.parent is None and query.platform is None and query.audience is None
    whole = totals(query.period, basis=query.basis, account=query.account) if is_all else None
    levels = [(level, query.address(**ALL, level=level), level is query.level and is_all) for level in Level]
    more = {"previous": previous, "whole": whole, "crumbs": _crumbs(query), "levels": levels}
    more |= {"ripening": ripening(query, request.workspace)}
    return shown(request, "performance.html", rows=table, **more)


def _rows(query: Query, period: Period) -> list[LevelFigures]:
    return by_level(
        query.level,
        period,
        parent=query.parent,
        basis=query.basis,
        account=query.account,
        platform=query.platform,
        audience=query.audience,
    )


def _below(query: Query, row: LevelFigures) -> str | None:
    """The address of what lies below a row; None below an ad."""
    if query.level is Level.PLATFORM:
        return query.address(level=Level.CAMPAIGN, platform=row.external_id)
    if query.level is Level.AUDIENCE:
        return query.address(level=Level.AD_SET, audience=row.external_id)
    below = BELOW.get(query.level)
    return query.address(level=below, parent=row.id) if below else None


def _crumbs(query: Query) -> list[tuple[str, str]]:
    """The way from all campaigns down to what is shown, as (name, address)."""
    crumbs = []
    if query.platform is not None:
        all_of = query.address(**ALL, level=Level.PLATFORM)
        crumbs += [("All platforms", all_of), (query.platform, query.address(level=Level.CAMPAIGN, parent=None))]
    if query.audience is not None:
        all_of = query.address(**ALL, level=Level.AUDIENCE)
        crumbs += [
            ("All audiences", all_of),
            (query.audience or "Not told", query.address(level=Level.AD_SET, parent=None)),
        ]
    if query.parent is None:
        return [*crumbs[:-1], (crumbs[-1][0], "")] if crumbs else []
    crumbs = crumbs or [("All campaigns", query.address(level=Level.CAMPAIGN, parent=None))]
    if query.level is Level.AD_SET:
        return [*crumbs, (get_object_or_404(Campaign, pk=query.parent).name, "")]
    ad_set = get_object_or_404(AdSet.objects.select_related("campaign"), pk=query.parent)
    return [
        *crumbs,
        (ad_set.campaign.name, query.address(level=Level.AD_SET, parent=ad_set.campaign_id)),
        (ad_set.name, ""),
    ]
