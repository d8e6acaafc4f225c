"""Outcomes told by another system, and what is believed of their ads afterwards."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from learning.actions.learn_feedback import FIGURES, AmbiguousAd, DayToCome, NoSuchAd, learn_feedback
from stratum.core.api.views import WorkspaceView
from stratum.core.clock import now
from stratum.core.permissions import INGEST
from stratum.core.rows import Field, day, decimal, read_row, text, whole

OUTCOME = {
    "ad_id": Field(text(160), required=True),
    "account_id": Field(whole(least=1)),
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
                "account_id": serializers.IntegerField(
                    required=False, help_text="Needed where several accounts have an ad by this id."
                ),
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
                "after": serializers.DictField(
                    allow_null=True, help_text="None where the ad has no day that is recent enough to learn from."
                ),
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
        except AmbiguousAd as problem:
            raise ValidationError({"account_id": str(problem)}) from problem
        except DayToCome as problem:
            raise ValidationError({"date": str(problem)}) from problem
        before, after = (belief and asdict(belief) for belief in (learnt.before, learnt.after))
        return Response({"ad_id": outcome["ad_id"], "before": before, "after": after, "sentence": learnt.sentence})

    def _read(self) -> dict[str, Any]:
        outcome = read_row(self.body, OUTCOME)
        if all(outcome[name] is None for name in FIGURES):
            raise ValidationError({"spend": "Tell at least one figure of the day."})
        return outcome
