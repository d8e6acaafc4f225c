"""Conversions over HTTP: queue one, see exactly what would be sent, and how well an event can be matched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from attribution.actions.conversions.track_conversion import (
    Preview,
    WouldBeRefused,
    preview_conversion,
    track_conversion,
)
from attribution.conversion_schemas import PREVIEW, PREVIEWED, QUEUED, SCORE, TO_SCORE, TRACKED
from attribution.domain.readiness.profiles import PLATFORMS, PROFILES
from attribution.domain.readiness.score import BASIS, Readiness, readiness
from attribution.models import ConversionDestination
from attribution.row_fields import epoch_or_instant
from stratum.core.api.views import WorkspaceView
from stratum.core.clock import now
from stratum.core.permissions import INGEST, READ
from stratum.core.rows import BadField, Field, one_of, read_row, text, whole

ABOUT = {
    "platform": Field(one_of(*PLATFORMS), default="meta"),
    "destination": Field(whole()),
    "default_region": Field(text(2), default=""),
}
QUALITY_OF = {
    "platform": Field(one_of(*PLATFORMS), required=True),
    "profile": Field(one_of(*PROFILES, "quality"), default="default"),
    "default_region": Field(text(2), default=""),
}


def event_in(request: Request) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """The whole body, and the event in it: under `event`, or the body itself."""
    body = request.data if isinstance(request.data, dict) else {}
    event = body.get("event", body)
    if not isinstance(event, dict):
        raise ValidationError({"event": "Send an object that describes the event."})
    try:
        json.dumps(event, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise ValidationError({"event": "It holds half a surrogate pair."}) from None
    except ValueError:
        raise ValidationError({"event": "It holds a number that is not finite."}) from None
    return body, event


class ConversionView(WorkspaceView):
    def destination(self, body: Mapping[str, Any]) -> ConversionDestination | None:
        """The one that is named, else the workspace's first of the platform."""
        about = read_row(body, ABOUT)
        rows = ConversionDestination.objects.filter(is_active=True).order_by("id")
        if about["destination"] is None:
            return rows.filter(platform=about["platform"]).first()
        found = rows.filter(pk=about["destination"]).first()
        if found is None:
            raise NotFound("This workspace has no such destination.")
        return found


class TrackConversion(ConversionView):
    verbs = {"POST": INGEST}

    @extend_schema(request=TRACKED, responses=QUEUED)
    def post(self, request: Request) -> Response:
        body, event = event_in(request)
        destination = self.destination(body)
        if destination is None:
            raise NotFound("No destination for conversions is connected: add one in the admin.")
        try:
            row, shown = track_conversion(destination, event, now=now())
        except WouldBeRefused as refused:
            raise ValidationError({one.field: one.sentence for one in refused.findings}) from refused
        return Response(
            {
                "id": row.pk,
                "event_id": row.event_id,
                "status": row.status,
                "reason": row.reason,
                "destination": destination.pk,
                "dry_run": destination.dry_run,
                "findings": [asdict(one) for one in shown.findings],
            }
        )


class PreviewConversion(ConversionView):
    verbs = {"POST": READ}

    @extend_schema(request=PREVIEWED, responses=PREVIEW)
    def post(self, request: Request) -> Response:
        body, event = event_in(request)
        about, destination = read_row(body, ABOUT), self.destination(body)
        if destination is None:
            destination = ConversionDestination(
                platform=about["platform"], external_id="{dataset_id}", workspace=self.workspace, needs_consent=False
            )
        destination.default_region = about["default_region"] or destination.default_region
        return Response(_shown(preview_conversion(destination, event, now=now()), destination))


class EventQuality(WorkspaceView):
    verbs = {"POST": READ}

    @extend_schema(request=TO_SCORE, responses=SCORE)
    def post(self, request: Request) -> Response:
        body, event = event_in(request)
        about = read_row(body, QUALITY_OF)
        given = {**event, **(event["user_data"] if isinstance(event.get("user_data"), dict) else {})}
        try:
            clicked_at, happened_at = (
                epoch_or_instant(name, given[name]) if given.get(name) else None
                for name in ("clicked_at", "event_time")
            )
        except BadField as bad:
            raise ValidationError({bad.field: bad.reason}) from bad
        profile = _profile_of(event) if about["profile"] == "quality" else about["profile"]
        found = readiness(
            event, platform=about["platform"], profile=profile, region=about["default_region"], now=now(), clicked_at=clicked_at,
            happened_at=happened_at,
        )  # fmt: skip
        return Response(_readiness(found, about["platform"]))


def _profile_of(event: Mapping[str, Any]) -> str:
    custom = event.get("custom_data")
    from_crm = isinstance(custom, dict) and custom.get("event_source") == "crm"
    return "crm" if from_crm or event.get("action_source") == "system_generated" else "web"


def _shown(shown: Preview, destination: ConversionDestination) -> dict[str, Any]:
    return {
        "method": "POST",
        "path": shown.path,
        "body": shown.request,
        "would_be_sent": not any(one.stops for one in shown.findings),
        "findings": [asdict(one) for one in shown.findings],
        "readiness": _readiness(shown.readiness, destination.platform),
        "destination": destination.pk,
    }


def _readiness(found: Readiness, platform: str) -> dict[str, Any]:
    return {
        "score": found.score,
        "level": found.level,
        "platform": platform,
        "profile": found.profile,
        "missing_fields": list(found.missing),
        "flawed_fields": found.flawed,
        "recommendations": list(found.recommendations),
        "estimated_attribution_accuracy": found.accuracy,
        "roas_impact_estimate": found.roas_impact,
        "basis": BASIS,
    }
