"""The northstar by ad, over time, by audience and platform, and what stands out in it, over HTTP."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from attribution.selectors import Basis, Level, by_level, matured_roas, maturity, trend
from dashboard.api import AS_OF, PARAMETERS, PARENT, RoasView
from dashboard.figures import figures, row
from dashboard.highlights import highlights
from dashboard.query import Query
from dashboard.schemas import ADS, INSIGHTS, SEGMENTS, TREND
from stratum.core.clock import now


class RoasAds(RoasView):
    @extend_schema(
        summary="Figures of every ad, now or as they stood at an instant",
        parameters=[*PARAMETERS, PARENT, AS_OF],
        responses=ADS,
    )
    def get(self, request: Request) -> Response:
        query = self.query(request)
        return Response({"basis": query.basis, "results": self.rows(request, query, Level.AD, parent=query.parent)})

    def rows(self, request: Request, query: Query, level: Level, **more: Any) -> list[dict[str, Any]]:
        asked = {"basis": query.basis, "account": query.account, "as_of": self.as_of(request), **more}
        return [row(one, self.workspace) for one in by_level(level, query.period, **asked)]


class RoasSegments(RoasAds):
    @extend_schema(summary="Figures by audience and by platform", parameters=[*PARAMETERS, AS_OF], responses=SEGMENTS)
    def get(self, request: Request) -> Response:
        query = self.query(request)
        return Response(
            {
                "basis": query.basis,
                "audiences": self.rows(request, query, Level.AUDIENCE),
                "platforms": self.rows(request, query, Level.PLATFORM),
            }
        )


class RoasTrend(RoasView):
    @extend_schema(
        summary="Figures day by day; matured ROAS is what the clicks of a day return once all of it is booked",
        parameters=[*PARAMETERS, AS_OF],
        responses=TREND,
    )
    def get(self, request: Request) -> Response:
        query, as_of = self.query(request), self.as_of(request)
        days = trend(query.period, basis=query.basis, account=query.account, as_of=as_of)
        curve = maturity(now=now()) if as_of is None and query.basis is Basis.ACCRUAL else None
        results = []
        for day in days:
            matured = matured_roas(day, curve)
            told = {"matured_roas": None if matured is None else round(float(matured), 4)}
            results.append({"date": day.day, **figures(day.figures, self.workspace), **told})
        return Response({"basis": query.basis, "results": results})


class RoasInsights(RoasView):
    @extend_schema(
        summary="Winners, what needs attention, opportunities, and what the waiting plan would move",
        parameters=PARAMETERS,
        responses=INSIGHTS,
    )
    def get(self, request: Request) -> Response:
        query = self.query(request)
        found = highlights(query, self.workspace)
        return Response({"basis": query.basis, "from": query.period.start, "to": query.period.end, **found})
