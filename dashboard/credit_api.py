"""Who is credited for what, and how far that can be trusted, over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from attribution.selectors import (
    CreditFilter,
    CreditLine,
    Layer,
    cause_test,
    credits,
    learnt_matching,
    matching_rules,
    modelled_rest,
)
from dashboard.api import RoasView
from stratum.core.api.views import WorkspaceView
from stratum.core.money import to_major
from stratum.core.rows import Field, day, one_of, read_row, text

FILTERS = {
    "deal": Field(text(80)),
    "ad": Field(text(160)),
    "layer": Field(one_of(*Layer.values)),
    "from": Field(day),
    "to": Field(day),
    "cursor": Field(text(80), default=""),
}
EVIDENCE = {
    "because": s.CharField(),
    "sessions_sharing_key": s.IntegerField(),
    "days_before_lead": s.FloatField(allow_null=True),
}
CREDIT = {
    "deal": s.CharField(),
    "ad": s.CharField(allow_null=True),
    "touchpoint": s.CharField(allow_null=True),
    "layer": s.ChoiceField(Layer.choices),
    "rule": s.CharField(),
    "confidence": s.FloatField(),
    "date": s.DateField(),
    "credit": s.CharField(),
    "amount": s.CharField(),
    "currency": s.CharField(),
    "evidence": inline_serializer("Evidence", EVIDENCE),
}
BIN = {name: s.FloatField() for name in ("said_from", "said_to", "said", "was")} | {"pairs": s.IntegerField()}
CAUSE = {
    "measured": s.FloatField(),
    "source": s.CharField(),
    "explained": s.FloatField(),
    "holds": s.BooleanField(),
}
RELIABILITY = inline_serializer(
    "Reliability",
    {
        "version": s.IntegerField(allow_null=True),
        "learnt": s.BooleanField(),
        "learnt_at": s.DateTimeField(allow_null=True),
        "deals": s.IntegerField(),
        "pairs": s.IntegerField(),
        "mean_error": s.FloatField(allow_null=True),
        "bins": inline_serializer("ReliabilityBin", BIN, many=True),
        "tests": s.CharField(),
        "what_brought_the_lead": inline_serializer("CauseTest", CAUSE, allow_null=True),
        "anchor": s.DictField(),
        "modelled": s.DictField(allow_null=True),
        "matching": s.DictField(),
    },
)


class Credits(RoasView):
    @extend_schema(
        summary="Credits of deals: a page holds whole deals, `next` is the cursor of the page after it",
        parameters=[
            OpenApiParameter("deal", str, description="Only this deal, by its id in the CRM."),
            OpenApiParameter("ad", str, description="Only this ad, by its id at the platform."),
            OpenApiParameter("layer", str, enum=Layer.values),
            OpenApiParameter("from", str, description="Clicks from this day on; the lead's day where there is none."),
            OpenApiParameter("to", str, description="Clicks until this day."),
            OpenApiParameter(
                "as_of",
                str,
                description="As the ledger stood at this instant, or at the end of this day; what is modelled is then part of the unattributed line.",
            ),
            OpenApiParameter(
                "cursor", str, description="`next` of the page before. A page may be empty and not the last."
            ),
        ],
        responses=inline_serializer(
            "Credits",
            {"results": inline_serializer("Credit", CREDIT, many=True), "next": s.CharField(allow_null=True)},
        ),
    )
    def get(self, request: Request) -> Response:
        asked = read_row(request.query_params, FILTERS)
        layer = Layer(asked["layer"]) if asked["layer"] else None
        only = CreditFilter(asked["deal"], asked["ad"], layer, asked["from"], asked["to"], self.as_of(request))
        page = credits(only, after=asked["cursor"])
        return Response({"results": [self.told(line) for line in page.lines], "next": page.next})

    def told(self, line: CreditLine) -> dict[str, Any]:
        days = None if line.delay is None else round(line.delay.total_seconds() / 86_400, 4)
        return {
            "deal": line.deal,
            "ad": line.ad or None,
            "touchpoint": line.touchpoint or None,
            "layer": line.layer,
            "rule": line.rule.label,
            "confidence": round(line.confidence, 6),
            "date": line.day,
            "credit": str(line.credit),
            "amount": str(to_major(line.amount, self.workspace.currency)),
            "currency": self.workspace.currency,
            "evidence": {"because": line.because, "sessions_sharing_key": line.sharing, "days_before_lead": days},
        }


class Reliability(WorkspaceView):
    @extend_schema(
        summary="How often a match was right when a chance was said, and what the modelled part is anchored to",
        responses=RELIABILITY,
    )
    def get(self, request: Request) -> Response:
        learnt, rest, rules = learnt_matching(), modelled_rest(), matching_rules()
        cause = cause_test(learnt, rules)
        return Response(
            {
                "version": learnt and learnt.version,
                "learnt": bool(learnt and learnt.is_learnt),
                "learnt_at": learnt and learnt.learnt_at,
                "deals": learnt.deals if learnt else 0,
                "pairs": learnt.pairs if learnt else 0,
                "mean_error": learnt and learnt.mean_error,
                "bins": [asdict(one) for one in learnt.reliability] if learnt else [],
                "tests": "whose click it was",
                "what_brought_the_lead": cause and {**asdict(cause), "holds": cause.holds},
                "anchor": {"ad_driven_share": rules.ad_driven_share, "source": rules.ad_driven_share_source},
                "modelled": rest and {**asdict(rest), "amount": str(rest.amount), "currency": self.workspace.currency},
                "matching": {name: value for name, value in asdict(rules).items() if "share" not in name},
            }
        )
