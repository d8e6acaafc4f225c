"""HubSpot's way of saying no."""

from __future__ import annotations

import uuid
from typing import Any

from stratum.sandbox.web.messages import Reply


def problem(status: int, category: str, message: str, **extra: Any) -> Reply:
    body = {"status": "error", "message": message, "correlationId": str(uuid.uuid4()), "category": category, **extra}
    return Reply(status, body)


def unauthorized() -> Reply:
    return problem(
        401,
        "INVALID_AUTHENTICATION",
        "Authentication credentials not found. This API supports OAuth 2.0 authentication.",
    )


def not_found() -> Reply:
    return problem(404, "OBJECT_NOT_FOUND", "resource not found")


def invalid(message: str) -> Reply:
    return problem(400, "VALIDATION_ERROR", message)


def too_many(policy: str) -> Reply:
    """A 429. HubSpot does not promise a Retry-After, and search never carries one."""
    span = {"SECONDLY": "secondly", "DAILY": "daily"}.get(policy, "ten_secondly_rolling")
    return problem(
        429, "RATE_LIMITS", f"You have reached your {span} limit.", errorType="RATE_LIMIT", policyName=policy
    )
