"""Bulk ingest over HTTP: up to 5,000 rows a call, known by their natural key, errors row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from attribution.actions.ads.import_ad_days import ForeignCurrency, import_ad_days
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.make_message_link import LinkRefused, make_message_link
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.row_fields import AD_DAY, DEAL, MESSAGE_LINK, TOUCHPOINT
from stratum.core.api.views import WorkspaceView
from stratum.core.models import Workspace
from stratum.core.permissions import INGEST
from stratum.core.rows import BadField, BadRow, Field, read_row

MOST_ROWS = 5_000


def bulk_schema(name: str) -> Callable[[Any], Any]:
    title = name.title().replace("_", "")
    rows = serializers.ListField(child=serializers.DictField(), max_length=MOST_ROWS)
    error = {"row": serializers.IntegerField(), "field": serializers.CharField(), "reason": serializers.CharField()}
    answer = {
        "received": serializers.IntegerField(),
        "stored": serializers.IntegerField(),
        "rejected": serializers.IntegerField(),
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
    fields: Mapping[str, Field]

    def store(self, workspace: Workspace, rows: list[dict[str, Any]]) -> int:
        raise NotImplementedError

    def take(self, request: Request) -> Response:
        rows = rows_of(request, self.name)
        good, errors = [], []
        for number, row in enumerate(rows):
            try:
                good.append(read_row(_object(row), self.fields))
            except BadRow as bad:
                errors += [{"row": number, "field": one.field, "reason": one.reason} for one in bad.problems]
        stored = self.store(self.workspace, good) if good else 0
        return Response({"received": len(rows), "stored": stored, "rejected": len(rows) - len(good), "errors": errors})


class Touchpoints(BulkView):
    name, fields = "touchpoints", TOUCHPOINT
    store = staticmethod(record_touchpoints)

    @bulk_schema("touchpoints")
    def post(self, request: Request) -> Response:
        return self.take(request)


class Deals(BulkView):
    name, fields = "deals", DEAL
    store = staticmethod(import_deals)

    @bulk_schema("deals")
    def post(self, request: Request) -> Response:
        return self.take(request)


class AdDays(BulkView):
    name, fields = "ad_days", AD_DAY
    store = staticmethod(import_ad_days)

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
