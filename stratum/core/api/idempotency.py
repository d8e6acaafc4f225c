from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from stratum.core.models import IdempotentResponse
from stratum.core.tenancy import current_workspace_id

LONGEST_KEY = 200


class KeyReused(APIException):
    status_code = 422
    default_detail = "This Idempotency-Key was used with another request. Send a new key, or the same request."


def _digest(request: Request) -> bytes:
    what = [request.method, request.path, request.data]
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).digest()


def answered_once(handler: Callable[..., Response]) -> Callable[..., Response]:
    """Runs a mutating handler once per `Idempotency-Key`; a repeat gets the stored answer, a changed repeat gets 422.

    The key, the work and the stored answer share one transaction: a second call with the same key waits for the first.
    """

    @wraps(handler)
    def wrapped(request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get("Idempotency-Key")
        if not key:
            return handler(request, *args, **kwargs)
        if len(key) > LONGEST_KEY:
            raise ValidationError({"Idempotency-Key": f"is longer than {LONGEST_KEY} characters"})
        digest = _digest(request)
        with transaction.atomic():
            IdempotentResponse.objects.bulk_create(
                [IdempotentResponse(workspace_id=current_workspace_id(), key=key, request_hash=digest)],
                ignore_conflicts=True,
            )
            row = IdempotentResponse.objects.select_for_update().get(key=key)
            if bytes(row.request_hash) != digest:
                raise KeyReused
            if row.status is not None:
                return Response(row.body, status=row.status, headers={"Idempotent-Replay": "true"})
            response = handler(request, *args, **kwargs)
            row.status, row.body = response.status_code, json.loads(JSONRenderer().render(response.data))
            row.save(update_fields=["status", "body"])
            return response

    return wrapped
