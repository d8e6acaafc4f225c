"""Pipeline value per ad, told by another system: one statement or up to a thousand."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from attribution.actions.crm.store_told_pipeline import store_told_pipeline
from attribution.row_fields import PIPELINE
from stratum.core.api.views import WorkspaceView
from stratum.core.permissions import INGEST
from stratum.core.rounding import round_long_fractions
from stratum.core.rows import BadRow, read_row

MOST_ROWS = 1_000
STATEMENT = {
    "type": "object",
    "required": list(PIPELINE),
    "properties": {
        "ad_id": {"type": "string", "maxLength": 160},
        "pipeline_value": {"type": "string", "description": "Major units of the currency, like 1250.00."},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "deals_count": {"type": "integer", "minimum": 0},
        "as_of": {"type": "string", "format": "date-time"},
    },
}
ONE_OR_MANY = {"oneOf": [STATEMENT, {"type": "array", "items": STATEMENT, "maxItems": MOST_ROWS}]}
STORED = inline_serializer(
    "PipelineStored",
    {
        "received": serializers.IntegerField(),
        "stored": serializers.IntegerField(help_text="Ads that these statements now speak for."),
        "rejected": serializers.IntegerField(),
        "errors": inline_serializer(
            "PipelineError",
            {"row": serializers.IntegerField(), "field": serializers.CharField(), "reason": serializers.CharField()},
            many=True,
        ),
    },
)


def _read(statement: dict[str, Any]) -> dict[str, Any]:
    values = read_row(statement, PIPELINE)
    round_long_fractions(values, PIPELINE, values["currency"])
    return values


class IngestCrmData(WorkspaceView):
    verbs = {"POST": INGEST}

    @extend_schema(
        summary="What the open deals of ads are worth; an older as_of never replaces a newer one",
        request={"application/json": ONE_OR_MANY},
        responses=STORED,
    )
    def post(self, request: Request) -> Response:
        if isinstance(request.data, dict):
            return self._one(request.data)
        if not isinstance(request.data, list):
            raise ValidationError({"": "Send one statement, or a list of them."})
        if len(request.data) > MOST_ROWS:
            raise ValidationError({"": f"At most {MOST_ROWS} statements a call, not {len(request.data)}."})
        return self._many(request.data)

    def _one(self, told: dict[str, Any]) -> Response:
        return _answer(1, store_told_pipeline(self.workspace, [_read(told)]), [])

    def _many(self, told: list[Any]) -> Response:
        good: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for number, row in enumerate(told):
            if not isinstance(row, dict):
                errors.append({"row": number, "field": "", "reason": f"must be an object, not {type(row).__name__}"})
                continue
            try:
                good.append(_read(row))
            except BadRow as bad:
                errors += [{"row": number, "field": one.field, "reason": one.reason} for one in bad.problems]
        return _answer(len(told), store_told_pipeline(self.workspace, good) if good else 0, errors)


def _answer(received: int, stored: int, errors: list[dict[str, Any]]) -> Response:
    rejected = len({error["row"] for error in errors})
    return Response({"received": received, "stored": stored, "rejected": rejected, "errors": errors})
