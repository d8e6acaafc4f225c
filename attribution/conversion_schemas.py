"""What the OpenAPI document says of conversions."""

from __future__ import annotations

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

from attribution.domain.readiness.profiles import PLATFORMS, PROFILES

FINDING = inline_serializer(
    "ConversionFinding",
    {"field": serializers.CharField(), "sentence": serializers.CharField(), "stops": serializers.BooleanField(), "code": serializers.CharField()},
    many=True,
)  # fmt: skip
READINESS = {
    "score": serializers.FloatField(),
    "level": serializers.ChoiceField(["excellent", "good", "fair", "poor"]),
    "platform": serializers.CharField(),
    "profile": serializers.CharField(),
    "missing_fields": serializers.ListField(child=serializers.CharField()),
    "flawed_fields": serializers.DictField(child=serializers.CharField()),
    "recommendations": serializers.ListField(child=serializers.CharField()),
    "estimated_attribution_accuracy": serializers.FloatField(),
    "roas_impact_estimate": serializers.FloatField(),
    "basis": serializers.CharField(),
}
ABOUT_SCHEMA = {
    "platform": serializers.ChoiceField(PLATFORMS, required=False),
    "destination": serializers.IntegerField(required=False),
    "event": serializers.DictField(help_text="An event with Meta's field names, or plain ones: email, phone, click_id, ip, user_agent, …"),
}  # fmt: skip
TRACKED = inline_serializer("TrackedConversion", ABOUT_SCHEMA)
QUEUED = inline_serializer(
    "QueuedConversion",
    {
        "id": serializers.IntegerField(),
        "event_id": serializers.CharField(),
        "status": serializers.CharField(),
        "reason": serializers.CharField(),
        "destination": serializers.IntegerField(),
        "dry_run": serializers.BooleanField(),
        "findings": FINDING,
    },
)
PREVIEWED = inline_serializer(
    "PreviewedConversion", ABOUT_SCHEMA | {"default_region": serializers.CharField(required=False)}
)
PREVIEW = inline_serializer(
    "ConversionPreview",
    {
        "method": serializers.CharField(),
        "path": serializers.CharField(),
        "body": serializers.DictField(),
        "would_be_sent": serializers.BooleanField(),
        "findings": FINDING,
        "readiness": inline_serializer("PreviewReadiness", READINESS),
        "destination": serializers.IntegerField(allow_null=True),
    },
)
TO_SCORE = inline_serializer(
    "EventToScore",
    {
        "platform": serializers.ChoiceField(PLATFORMS),
        "profile": serializers.ChoiceField([*PROFILES, "quality"], required=False),
        "event": serializers.DictField(),
        "default_region": serializers.CharField(required=False),
    },
)
SCORE = inline_serializer("EventQuality", READINESS)
