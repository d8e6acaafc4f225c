"""Bulk ingest over HTTP: up to 5,000 rows a call, known by their natural key, errors row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from attribution.actions.ads.import_ad_days import ForeignCurrency
from attribution.actions.touches.make_message_link import LinkRefused, make_message_link
from attribution.row_fields import MESSAGE_LINK
from attribution.row_kinds import AD_DAYS, DEALS, TOUCHPOINTS
from stratum.core.api.views import WorkspaceView
from stratum.core.permissions import INGEST
from stratum.core.rows import BadField, BadRow, read_row
from stratum.core.sent_rows import RowKind, store_call

MOST_ROWS = 5_000


def bulk_schema(name: str) -> Callable[[Any], Any]:
    title = name.title().replace("_", "")
    rows = serializers.ListField(child=serializers.DictField(), max_length=MOST_ROWS)
    error = {"row": serializers.IntegerField(), "field": serializers.CharField(), "reason": serializers.CharField()}
    answer = {
        "received": serializers.IntegerField(),
        "stored": serializers.IntegerField(),
        "rejected": serializers.IntegerField(),
        "merged": serializers.IntegerField(
            help_text="Rows that were stored already, or counted together with another."
        ),
        "rounded": serializers.IntegerField(
            help_text="Rows with amounts longer than six decimals, rounded to the currency."
        ),
        "notes": serializers.ListField(child=serializers.CharField()),
    }
    return extend_schema(
        request=inline_serializer(f"{title}Rows", {name: rows}),
        responses=inline_serializer(
            f"{title}Stored", {**answer, "errors": inline_serializer(f"{title}Error", error, many=True)}
        ),
    )


def _object(row: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise BadRow([BadField("", f"must be an object, not {type(row).__name__}")])
    return row


def rows_of(request: Request, name: str) -> list[Any]:
    rows = request.data.get(name) if isinstance(request.data, dict) else None
    if not isinstance(rows, list):
        raise ValidationError({name: f"Send an object with a list under “{name}”."})
    if len(rows) > MOST_ROWS:
        raise ValidationError({name: f"At most {MOST_ROWS} rows a call, not {len(rows)}."})
    return rows


class BulkView(WorkspaceView):
    verbs = {"POST": INGEST}
    name: str
    kind: RowKind

    def take(self, request: Request) -> Response:
        """Every row received is stored, rejected or merged."""
        rows = rows_of(request, self.name)
        outcome, rounded = store_call(self.kind, self.workspace, rows)
        return Response(
            {
                "received": len(rows),
                "stored": outcome.stored,
                "rejected": outcome.rejected,
                "merged": len(rows) - outcome.rejected - outcome.stored,
                "rounded": rounded,
                "notes": outcome.sentences(),
                "errors": [{"row": one.position, "field": one.field, "reason": one.reason} for one in outcome.problems],
            }
        )


class Touchpoints(BulkView):
    name, kind = "touchpoints", TOUCHPOINTS

    @bulk_schema("touchpoints")
    def post(self, request: Request) -> Response:
        return self.take(request)


class Deals(BulkView):
    name, kind = "deals", DEALS

    @bulk_schema("deals")
    def post(self, request: Request) -> Response:
        return self.take(request)


class AdDays(BulkView):
    name, kind = "ad_days", AD_DAYS

    @bulk_schema("ad_days")
    def post(self, request: Request) -> Response:
        try:
            return self.take(request)
        except ForeignCurrency as foreign:
            raise ValidationError({"currency": str(foreign)}) from foreign


class MessageLinks(WorkspaceView):
    verbs = {"POST": INGEST}

    @extend_schema(
        summary="Tracked links for messages, one a recipient",
        request=inline_serializer(
            "MessageLinkRows", {"links": serializers.ListField(child=serializers.DictField(), max_length=MOST_ROWS)}
        ),
        responses=inline_serializer(
            "MessageLinksMade",
            {
                "received": serializers.IntegerField(),
                "made": serializers.IntegerField(),
                "links": serializers.ListField(child=serializers.CharField(allow_null=True)),
                "errors": inline_serializer(
                    "MessageLinkError",
                    {
                        "row": serializers.IntegerField(),
                        "field": serializers.CharField(),
                        "reason": serializers.CharField(),
                    },
                    many=True,
                ),
            },
        ),
    )
    def post(self, request: Request) -> Response:
        rows = rows_of(request, "links")
        links, errors = [], []
        for number, row in enumerate(rows):
            try:
                links.append(make_message_link(self.workspace, **read_row(_object(row), MESSAGE_LINK)))
            except (BadRow, LinkRefused) as bad:
                links.append(None)
                problems = bad.problems if isinstance(bad, BadRow) else [bad]
                errors += [{"row": number, "field": one.field, "reason": one.reason} for one in problems]
        made = sum(link is not None for link in links)
        return Response({"received": len(rows), "made": made, "links": links, "errors": errors})
