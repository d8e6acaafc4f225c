"""Errors as RFC 9457 problem documents: `type, title, status, detail, errors[]`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from stratum.core.rows import BadRow


class TooLarge(APIException):
    status_code = 413
    default_detail = f"A body has at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20} MB."


def _flatten(detail: Any, at: str = "") -> list[dict[str, str]]:
    if isinstance(detail, dict):
        return [line for key, value in detail.items() for line in _flatten(value, f"{at}.{key}" if at else str(key))]
    if isinstance(detail, list) and any(isinstance(item, (dict, list)) for item in detail):
        return [line for i, value in enumerate(detail) for line in _flatten(value, f"{at}[{i}]")]
    messages = detail if isinstance(detail, list) else [detail]
    return [{"field": at, "reason": str(message)} for message in messages]


def problem(status: int, detail: str, errors: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "errors": errors or [],
    }


def as_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, RequestDataTooBig):
        error = TooLarge()
    if isinstance(error, BadRow):
        error = ValidationError({one.field: one.reason for one in error.problems})
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        errors = _flatten(response.data)
        response.data = problem(response.status_code, f"{len(errors)} field(s) need a correction.", errors)
    else:
        response.data = problem(response.status_code, str(response.data.get("detail", error)))
    response.content_type = "application/problem+json"
    return response
