"""What the ROAS endpoints answer, for the OpenAPI document."""

from __future__ import annotations

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers as s

FIGURES = {
    "roas": s.FloatField(allow_null=True),
    "revenue": s.CharField(),
    "spend": s.CharField(),
    "currency": s.CharField(),
    "impressions": s.IntegerField(),
    "clicks": s.IntegerField(),
    "conversions": s.FloatField(),
    "ctr": s.FloatField(allow_null=True),
    "conversion_rate": s.FloatField(allow_null=True),
}
NAMED = {
    "id": s.IntegerField(),
    "external_id": s.CharField(),
    "name": s.CharField(),
    "status": s.CharField(),
    "daily_budget": s.CharField(allow_null=True),
    "budget_currency": s.CharField(),
}


def _fresh(fields: dict) -> dict:
    return {name: type(field)(**field._kwargs) for name, field in fields.items()}


def _figures(name: str, **more: s.Field | s.BaseSerializer) -> s.BaseSerializer:
    return inline_serializer(name, {**more, **_fresh(FIGURES)})


def _rows(name: str, **options: bool) -> s.BaseSerializer:
    return inline_serializer(name, {**_fresh(NAMED), **_fresh(FIGURES)}, many=True, **options)


PreviousFigures = type("PreviousFigures", (s.Serializer,), _fresh(FIGURES))


DASHBOARD = inline_serializer(
    "RoasDashboard",
    {
        "overall": _figures("OverallFigures", previous=PreviousFigures(allow_null=True)),
        "trend": inline_serializer("DayFigures", {"date": s.DateField(), **_fresh(FIGURES)}, many=True),
        "campaigns": _rows("CampaignFigures"),
        "revenue_by_layer": s.DictField(child=s.CharField()),
        "winners": _rows("WinnerFigures"),
        "needs_attention": _rows("AttentionFigures"),
        "opportunities": s.ListField(child=s.DictField()),
        "reallocations": s.ListField(child=s.DictField()),
        "other_currencies": s.ListField(child=s.DictField()),
        "freshness": s.DictField(),
        "basis": s.CharField(),
    },
)
CAMPAIGNS = inline_serializer(
    "RoasCampaigns", {"level": s.CharField(), "basis": s.CharField(), "results": _rows("LevelFigures")}
)
METRICS = _figures(
    "RoasMetrics",
    previous=PreviousFigures(allow_null=True),
    unattributed_revenue=s.CharField(),
    matured_roas=s.FloatField(allow_null=True),
    matured_spend_share=s.FloatField(allow_null=True),
    as_of=s.DateTimeField(allow_null=True),
    basis=s.CharField(),
    **{"from": s.DateField(), "to": s.DateField()},
)
ADS = inline_serializer("RoasAds", {"basis": s.CharField(), "results": _rows("AdFigures")})
TREND = inline_serializer(
    "RoasTrend",
    {
        "basis": s.CharField(),
        "results": inline_serializer(
            "TrendDay",
            {"date": s.DateField(), **_fresh(FIGURES), "matured_roas": s.FloatField(allow_null=True)},
            many=True,
        ),
    },
)
SEGMENTS = inline_serializer(
    "RoasSegments",
    {"basis": s.CharField(), "audiences": _rows("AudienceFigures"), "platforms": _rows("PlatformFigures")},
)
INSIGHTS = inline_serializer(
    "RoasInsights",
    {
        "basis": s.CharField(),
        "from": s.DateField(),
        "to": s.DateField(),
        "winners": _rows("InsightWinner"),
        "needs_attention": _rows("InsightAttention"),
        "opportunities": s.ListField(child=s.DictField()),
        "reallocations": s.ListField(child=s.DictField()),
    },
)
