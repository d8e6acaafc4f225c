from __future__ import annotations

from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from attribution.selectors import Level, by_level, credits_of_ad, modelled_of_ad
from dashboard.views.page import page, shown
from sampler.selectors import belief_cards
from stratum.core.models import Ad
from stratum.core.money import to_major


@page
def ad(request: HttpRequest, ad_id: int) -> HttpResponse:
    found = get_object_or_404(Ad.objects.select_related("ad_set", "ad_set__campaign", "account"), pk=ad_id)
    query = request.query
    rows = by_level(Level.AD, query.period, parent=found.ad_set_id, basis=query.basis)
    beliefs = belief_cards(found.account)
    belief = next((card for card in beliefs if card.ad_id == found.pk), None)
    figures = next((row.figures for row in rows if row.id == found.pk), None)
    credits = credits_of_ad(found.pk, query.period)
    modelled = to_major(modelled_of_ad(found.pk, query.period), request.workspace.currency)
    listed = modelled + to_major(sum(credit.amount for credit in credits), request.workspace.currency)
    return shown(
        request,
        "ad.html",
        ad=found,
        figures=figures,
        credits=credits,
        modelled=modelled,
        unlisted=(figures.revenue if figures else Decimal(0)) - listed,
        belief=belief,
        # The score divides by it and the card leaves it out.
        impression_cost=belief and belief.click_rate * belief.value_per_click * belief.decay / belief.score
        if belief and belief.score
        else None,
        way_up=(
            query.address(level=Level.CAMPAIGN, parent=None),
            query.address(level=Level.AD_SET, parent=found.ad_set.campaign_id),
            query.address(level=Level.AD, parent=found.ad_set_id),
        ),
        rank=next((place for place, card in enumerate(beliefs, 1) if card.ad_id == found.pk), None),
        of=len(beliefs),
    )
