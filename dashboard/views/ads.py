from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from attribution.selectors import Level, by_level, credits_of_ad
from dashboard.views.page import page, shown
from sampler.selectors import belief_cards
from stratum.core.models import Ad


@page
def ad(request: HttpRequest, ad_id: int) -> HttpResponse:
    found = get_object_or_404(Ad.objects.select_related("ad_set", "ad_set__campaign", "account"), pk=ad_id)
    query = request.query
    rows = by_level(Level.AD, query.period, parent=found.ad_set_id, basis=query.basis)
    beliefs = belief_cards(found.account)
    return shown(
        request,
        "ad.html",
        ad=found,
        figures=next((row.figures for row in rows if row.id == found.pk), None),
        credits=credits_of_ad(found.pk, query.period),
        belief=next((card for card in beliefs if card.ad_id == found.pk), None),
        rank=next((place for place, card in enumerate(beliefs, 1) if card.ad_id == found.pk), None),
        of=len(beliefs),
    )
