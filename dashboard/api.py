"""The northstar over HTTP. Money is a decimal string with its currency beside it; ratios are None where nothing divides them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from attribution.selectors import Level, by_level, totals, trend, unattributed
from dashboard.figures import figures, money, row
from dashboard.freshness import freshness
from dashboard.highlights import highlights
from dashboard.query import BadQuery, Query
from dashboard.schemas import CAMPAIGNS, DASHBOARD, METRICS
from stratum.core.api.views import WorkspaceView
from stratum.core.models import Workspace

PARAMETERS = [
    OpenApiParameter("from", str, description="First day, like 2026-11-01."),
    OpenApiParameter("to", str, description="Last day; the newest day of data when absent."),
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
PARENT = OpenApiParameter("parent", int, description="Only what is inside this campaign or ad set.")


class RoasView(WorkspaceView):
    def query(self, request: Request) -> Query:
        try:
            return Query.read(request.query_params, self.workspace)
        except BadQuery as bad:
            raise ValidationError({bad.field: bad.reason}) from bad


class RoasDashboard(RoasView):
    @extend_schema(summary="All that the overview shows", parameters=PARAMETERS, responses=DASHBOARD)
    def get(self, request: Request) -> Response:
        query = self.query(request)
        days = trend(query.period, basis=query.basis, account=query.account)
        campaigns = by_level(Level.CAMPAIGN, query.period, basis=query.basis, account=query.account)
        return Response(
            {
                "overall": _overall(query, self.workspace),
                "trend": [{"date": one.day, **figures(one.figures, self.workspace)} for one in days],
                "campaigns": [row(one, self.workspace) for one in campaigns],
                **highlights(query, self.workspace),
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
    @extend_schema(summary="Totals of a period", parameters=PARAMETERS, responses=METRICS)
    def get(self, request: Request) -> Response:
        query = self.query(request)
        return Response(
            {
                **_overall(query, self.workspace),
                "unattributed_revenue": money(unattributed(query.period, basis=query.basis), self.workspace),
                "basis": query.basis,
                "from": query.period.start,
                "to": query.period.end,
            }
        )


def _overall(query: Query, workspace: Workspace) -> dict[str, Any]:
    found = figures(totals(query.period, basis=query.basis, account=query.account), workspace)
    before = query.before()
    previous = figures(totals(before, basis=query.basis, account=query.account), workspace) if before else None
    return {**found, "previous": previous}
