"""Outcomes told by another system, and what is believed of their ads afterwards."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from learning.actions.learn_feedback import DayToCome, NoSuchAd, learn_feedback
from stratum.core.api.views import WorkspaceView
from stratum.core.clock import now
from stratum.core.permissions import INGEST
from stratum.core.rows import Field, day, decimal, read_row, text, whole

OUTCOME = {
    "ad_id": Field(text(160), required=True),
    "date": Field(day, required=True),
    "spend": Field(decimal(least=0)),
    "impressions": Field(whole()),
    "clicks": Field(whole()),
    "conversions": Field(decimal(least=0)),
    "conversion_value": Field(decimal(least=0)),
}


class Feedback(WorkspaceView):
    verbs = {"POST": INGEST}

    @extend_schema(
        summary="What an ad did on a day; replaces what was known of that day, so less revenue than before takes revenue back",
        request=inline_serializer(
            "Outcome",
            {
                "ad_id": serializers.CharField(),
                "date": serializers.DateField(),
                "spend": serializers.CharField(required=False),
                "impressions": serializers.IntegerField(required=False),
                "clicks": serializers.IntegerField(required=False),
                "conversions": serializers.CharField(required=False),
                "conversion_value": serializers.CharField(required=False),
            },
        ),
        responses=inline_serializer(
            "Learnt",
            {
                "ad_id": serializers.CharField(),
                "before": serializers.DictField(allow_null=True),
                "after": serializers.DictField(),
                "sentence": serializers.CharField(),
            },
        ),
    )
    def post(self, request: Request) -> Response:
        outcome = self._read()
        try:
            learnt = learn_feedback(self.workspace, outcome, now=now())
        except NoSuchAd as problem:
            raise NotFound(str(problem)) from problem
        except DayToCome as problem:
            raise ValidationError({"date": str(problem)}) from problem
        before = asdict(learnt.before) if learnt.before else None
        return Response(
            {"ad_id": outcome["ad_id"], "before": before, "after": asdict(learnt.after), "sentence": learnt.sentence}
        )

    def _read(self) -> dict[str, Any]:
        outcome = read_row(self.body, OUTCOME)
        told = [name for name in OUTCOME if name not in ("ad_id", "date") and outcome[name] is not None]
        if not told:
            raise ValidationError({"spend": "Tell at least one figure of the day."})
        return outcome
