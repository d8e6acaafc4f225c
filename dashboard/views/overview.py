from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from attribution.selectors import bridge, in_other_currencies, matured_return, maturity, totals, trend, unattributed
from dashboard.charts import trend_chart
from dashboard.comparison import ripening
from dashboard.highlights import MOST, speaking_ads
from dashboard.today import today_so_far
from dashboard.views.page import page, shown
from sampler.selectors import last_plans, recent_changes, waiting_changes
from stratum.core.clock import now as clock_now


@page
def overview(request: HttpRequest) -> HttpResponse:
    query = request.query
    days = trend(query.period, basis=query.basis, account=query.account)
    ads = speaking_ads(query)
    happened = recent_changes(
        account_id=query.account, statuses=("applied", "undone", "rehearsed", "failed", "unknown", "sending"), limit=5
    )
    previous = query.before()
    return shown(
        request,
        "overview.html",
        now=totals(query.period, basis=query.basis, account=query.account),
        before=totals(previous, basis=query.basis, account=query.account) if previous else None,
        previous=previous,
        ripening=ripening(query, request.workspace),
        today=today_so_far(request.workspace, basis=query.basis, account=query.account),
        unattributed=unattributed(query.period, basis=query.basis),
        in_other_currencies=in_other_currencies(query.period, basis=query.basis),
        matured=matured_return(days, maturity(now=clock_now()), query.basis),
        days=days,
        bridge=bridge(query.period, basis=query.basis) if query.account is None else None,
        chart=trend_chart(days, request.workspace.currency),
        winners=ads[:MOST],
        laggards=[ad for ad in reversed(ads) if ad not in ads[:MOST]][:MOST],
        proposed=waiting_changes(account_id=query.account)[:3],
        happened=happened,
        plans=last_plans(),
    )
