from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from attribution.selectors import deals as list_deals
from attribution.selectors import journey, revisions, valuations
from dashboard.views.page import page, shown

MOST_SEARCHED = 240


@page
def deals(request: HttpRequest) -> HttpResponse:
    search = request.GET.get("q", "").replace("\x00", "").strip()[:MOST_SEARCHED]
    after = request.GET.get("after", "")
    found = list_deals(search, after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None)
    return shown(request, "deals.html", page=found, search=search, begun=bool(after))


@page
def deal(request: HttpRequest, external_id: str) -> HttpResponse:
    found = journey(external_id) if "\x00" not in external_id else None
    if found is None:
        raise Http404
    history = revisions(found.deal.pk)
    return shown(
        request, "deal.html", found=found, deal=found.deal, revisions=history, valuations=valuations(found.deal.pk)
    )
