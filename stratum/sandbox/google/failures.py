"""Errors as Google Ads tells them: a google.rpc.Status with a GoogleAdsFailure inside."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from stratum.sandbox.web.messages import Reply

HTTP = {
    "INVALID_ARGUMENT": 400, "UNAUTHENTICATED": 401, "PERMISSION_DENIED": 403, "NOT_FOUND": 404, "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
}  # fmt: skip


class AdsError(Exception):
    """`code` such as ("campaignBudgetError", "MONEY_AMOUNT_TOO_LARGE"). `field`: the path inside the operation that it blames."""

    def __init__(
        self,
        status: str,
        code: tuple[str, str],
        message: str,
        *,
        field: str = "",
        details: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.field, self.details = status, code, field, details or {}

    def as_json(self, index: int | None = None) -> dict[str, Any]:
        told: dict[str, Any] = {"errorCode": dict([self.code]), "message": str(self)}
        path: list[dict[str, Any]] = [] if index is None else [{"fieldName": "operations", "index": index}]
        path += [{"fieldName": name} for name in self.field.split(".") if name]
        told |= {"location": {"fieldPathElements": path}} if path else {}
        return told | ({"details": self.details} if self.details else {})

    def reply(self) -> Reply:
        return Reply(HTTP[self.status], {"error": _status(HTTP[self.status], self.status, [self.as_json()])})


def refused_whole(failed: Sequence[tuple[int, AdsError]]) -> Reply:
    """Without `partialFailure` one bad operation refuses them all."""
    errors = [error.as_json(index) for index, error in failed]
    return Reply(400, {"error": _status(400, "INVALID_ARGUMENT", errors)})


def partial_failure(failed: Sequence[tuple[int, AdsError]]) -> dict[str, Any]:
    """The member of an answer with HTTP 200; nothing where nothing failed."""
    if not failed:
        return {}
    index, first = failed[0]
    more = "Multiple errors in ‘details’. First error: " if len(failed) > 1 else ""
    place = f"{more}{first}, at operations[{index}].{first.field}"
    errors = [error.as_json(number) for number, error in failed]
    return {"partialFailureError": {"code": 3, "message": place, "details": _details(errors)}}


def _status(code: int, status: str, errors: Sequence[dict[str, Any]]) -> dict[str, Any]:
    words = "Request contains an invalid argument." if status == "INVALID_ARGUMENT" else errors[0]["message"]
    return {"code": code, "message": words, "status": status, "details": _details(errors)}


def _details(errors: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    kind = "type.googleapis.com/google.ads.googleads.v23.errors.GoogleAdsFailure"
    return [{"@type": kind, "errors": list(errors), "requestId": uuid.uuid4().hex[:22]}]
