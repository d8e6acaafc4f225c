"""The northstar over HTTP. Money is a decimal string with its currency beside it; ratios are None where nothing divides them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from attribution.selectors import (
    Level,
    by_layer,
    by_level,
    foreign_spend,
    matured_return,
    maturity,
    totals,
    trend,
    unattributed,
)
from dashboard.figures import figures, money, row
from dashboard.freshness import freshness
from dashboard.highlights import highlights
from dashboard.query import BadQuery, Query, read_as_of
from dashboard.schemas import CAMPAIGNS, DASHBOARD, METRICS
from stratum.core.api.views import WorkspaceView
from stratum.core.clock import now
from stratum.core.models import Workspace

PARAMETERS = [
    OpenApiParameter("from", str, description="First day, like 2026-11-01."),
    OpenApiParameter("to", str, description="Last day; the newest full day of data when absent."),
    OpenApiParameter("compare", str, enum=["previous", "none"], description="With the days before, or not."),
    OpenApiParameter(
        "basis",
        str,
        enum=["accrual", "cash"],
        description="Revenue counts on the day of the click (accrual) or of the deal (cash).",
    ),
    OpenApiParameter("account", int, description="Only this ad account."),
]
LEVEL = OpenApiParameter("level", str, enum=[level.value for level in Level])
AS_OF = OpenApiParameter(
    "as_of",
    str,
    description="As the ledger stood at this instant, or at the end of this day. Spend is that of the days that had begun, as it is known today.",
)
PARENT = OpenApiParameter("parent", int, description="Only what is inside this campaign or ad set.")


class RoasView(WorkspaceView):
    def query(self, request: Request) -> Query:
        try:
            return Query.read(request.query_params, self.workspace)
        except BadQuery as bad:
            raise ValidationError({bad.field: bad.reason}) from bad

    def as_of(self, request: Request) -> datetime | None:
        try:
            return read_as_of(request.query_params, self.workspace)
        except BadQuery as bad:
            raise ValidationError({bad.field: bad.reason}) from bad


class RoasDashboard(RoasView):
    @extend_schema(summary="All that the overview shows", parameters=PARAMETERS, responses=DASHBOARD)
    def get(self, request: Request) -> Response:
        query = self.query(request)
        days = trend(query.period, basis=query.basis, account=query.account)
        layers = by_layer(query.period, basis=query.basis)
        campaigns = by_level(Level.CAMPAIGN, query.period, basis=query.basis, account=query.account)
        return Response(
            {
                "overall": _overall(query, self.workspace, None),
                "trend": [{"date": one.day, **figures(one.figures, self.workspace)} for one in days],
                "campaigns": [row(one, self.workspace) for one in campaigns],
                "revenue_by_layer": {layer: money(sum, self.workspace) for layer, sum in layers.items()},
                **highlights(query, self.workspace),
                "other_currencies": [
                    {**asdict(one), "what_to_do": one.what_to_do}
                    for one in foreign_spend(query.period, account=query.account)
                ],
                "freshness": asdict(freshness(self.workspace, query.basis)),
                "basis": query.basis,
            }
        )


class RoasCampaigns(RoasView):
    @extend_schema(
        summary="Figures by campaign, ad set or ad",
        parameters=[*PARAMETERS, LEVEL, PARENT],
        responses=CAMPAIGNS,
    )
    def get(self, request: Request) -> Response:
        query = self.query(request)
        rows = by_level(query.level, query.period, parent=query.parent, basis=query.basis, account=query.account)
        return Response(
            {"level": query.level, "basis": query.basis, "results": [row(one, self.workspace) for one in rows]}
        )


class RoasMetrics(RoasView):
    @extend_schema(
        summary="Totals of a period, now or as they stood at an instant",
        parameters=[*PARAMETERS, AS_OF],
        responses=METRICS,
    )
    def get(self, request: Request) -> Response:
        query, as_of = self.query(request), self.as_of(request)
        days = trend(query.period, basis=query.basis, account=query.account, as_of=as_of)
        matured = matured_return(days, None if as_of else maturity(now=now()), query.basis)
        open_revenue = unattributed(query.period, basis=query.basis, as_of=as_of)
        return Response(
            {
                **_overall(query, self.workspace, as_of),
                "unattributed_revenue": money(open_revenue, self.workspace),
                "matured_roas": None if matured.roas is None else round(float(matured.roas), 4),
                "matured_spend_share": matured.spend_share,
                "basis": query.basis,
                "from": query.period.start,
                "to": query.period.end,
                "as_of": as_of,
            }
        )


def _overall(query: Query, workspace: Workspace, as_of: datetime | None) -> dict[str, Any]:
    asked = {"basis": query.basis, "account": query.account, "as_of": as_of}
    before = query.before()
    previous = figures(totals(before, **asked), workspace) if before else None
    return {**figures(totals(query.period, **asked), workspace), "previous": previous}
