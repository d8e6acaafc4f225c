"""Attribution models side by side, and revenue per marketing touch, over HTTP."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers as s
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from attribution.selectors import (
    DEFAULT_MODEL,
    TOUCH_MODELS,
    By,
    ChannelCredit,
    Cut,
    ModelComparison,
    TouchRevenue,
    model_comparison,
    touch_revenue,
)
from dashboard.api import PARAMETERS, RoasView
from dashboard.figures import money
from stratum.core.clock import now

DATES = PARAMETERS[:2]
E = TypeVar("E", bound=StrEnum)
CREDIT = {"channel": s.CharField(allow_null=True), "touches": s.IntegerField(), "models": s.DictField()}
MODELS = inline_serializer(
    "AttributionModels",
    {
        "from": s.DateField(),
        "to": s.DateField(),
        "by": s.CharField(),
        "basis": s.CharField(),
        "currency": s.CharField(),
        "revenue": s.CharField(),
        "conversions": s.FloatField(),
        "models": s.DictField(child=s.CharField()),
        "channels": inline_serializer("ChannelCredit", CREDIT, many=True),
        "unattributed": s.DictField(),
        "deals": s.IntegerField(),
        "deals_with_path": s.IntegerField(),
        "paths_without_deal": s.IntegerField(),
        "look_back_days": s.IntegerField(),
        "shapley_standard_error": s.CharField(),
    },
)
TOUCH = {
    "name": s.CharField(),
    "touches": s.IntegerField(),
    "people": s.IntegerField(),
    "revenue": s.CharField(),
    "per_touch": s.CharField(),
    "low": s.CharField(allow_null=True),
    "high": s.CharField(allow_null=True),
}
RPMT = inline_serializer(
    "RevenuePerTouch",
    {
        "from": s.DateField(),
        "to": s.DateField(),
        "by": s.CharField(),
        "model": s.CharField(),
        "interval": s.FloatField(),
        "currency": s.CharField(),
        "overall": inline_serializer("TouchGroup", TOUCH),
        "results": inline_serializer("TouchGroupRow", TOUCH, many=True),
    },
)


class AttributionModels(RoasView):
    @extend_schema(
        summary="Credit of channels in every attribution model, each summing to the revenue to the cent",
        parameters=[*DATES, OpenApiParameter("by", str, enum=[one.value for one in By])],
        responses=MODELS,
    )
    def get(self, request: Request) -> Response:
        query, by = self.query(request), one_of(request, "by", By, By.CHANNEL)
        found = model_comparison(query.period, by=by, now=now())
        return Response(
            {
                "from": query.period.start,
                "to": query.period.end,
                "by": by,
                "basis": "leads of the period, open ones by the probability of their stage",
                "currency": self.workspace.currency,
                "revenue": str(found.revenue),
                "conversions": found.conversions,
                "models": found.models,
                "channels": [_credit(row, found) for row in found.channels],
                "unattributed": _credit(found.unattributed, found)["models"],
                "deals": found.deals,
                "deals_with_path": found.deals_with_path,
                "paths_without_deal": found.paths_without_deal,
                "look_back_days": found.look_back_days,
                "shapley_standard_error": money(found.shapley_error, self.workspace),
            }
        )


class RevenuePerTouch(RoasView):
    @extend_schema(
        summary="Revenue per marketing touch (e-mail, SMS, push, web) at session grain, with its interval",
        parameters=[
            *DATES,
            OpenApiParameter("by", str, enum=[one.value for one in Cut]),
            OpenApiParameter("model", str, enum=list(TOUCH_MODELS), description="Who earned the revenue."),
        ],
        responses=RPMT,
    )
    def get(self, request: Request) -> Response:
        query, cut = self.query(request), one_of(request, "by", Cut, Cut.CHANNEL)
        model = request.query_params.get("model") or DEFAULT_MODEL
        if model not in TOUCH_MODELS:
            raise ValidationError({"model": f"must be one of {', '.join(TOUCH_MODELS)}"})
        every, rows = touch_revenue(query.period, cut=cut, model=model, now=now())
        return Response(
            {
                "from": query.period.start,
                "to": query.period.end,
                "by": cut,
                "model": model,
                "interval": 0.8,
                "currency": self.workspace.currency,
                "overall": _touches(every),
                "results": [_touches(row) for row in rows],
            }
        )


def one_of(request: Request, name: str, kind: type[E], default: E) -> E:
    try:
        return kind(request.query_params.get(name) or default)
    except ValueError:
        raise ValidationError({name: f"must be one of {', '.join(kind)}"}) from None


def _credit(row: ChannelCredit, found: ModelComparison) -> dict[str, Any]:
    given = {
        model: {"revenue": str(revenue), "conversions": round(conversions, 6)}
        for model, revenue, conversions in zip(found.models, row.revenue, row.conversions, strict=True)
    }
    return {"channel": row.channel or None, "touches": row.touches, "models": given}


def _touches(row: TouchRevenue) -> dict[str, Any]:
    decimals = {name: getattr(row, name) for name in ("revenue", "per_touch", "low", "high")}
    told = {name: None if value is None else str(value) for name, value in decimals.items()}
    return {"name": row.name or "all", "touches": row.touches, "people": row.people, **told}
