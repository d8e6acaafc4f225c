"""What to do about an error of Google's APIs. `error.status` (google.rpc.Code) decides; Google Ads says more in `details`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stratum.platforms.http import Answer, NoAnswer, Refused, TryLater
from stratum.platforms.meta_errors import Stop

SECONDS_UNLESS_TOLD = 60.0
STOP = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED", "NOT_FOUND"})
TRANSIENT = frozenset({"UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED", "UNKNOWN", "ABORTED", "CANCELLED"})


def read(answer: Answer, what: str) -> dict[str, Any]:
    """The body of a success. What is no JSON object says nothing about the request's effect."""
    error = answer.body.get("error") if isinstance(answer.body, dict) else None
    if isinstance(error, dict):
        raise _as_exception(error, answer)
    if not isinstance(answer.body, dict) or answer.status >= 300:
        raise NoAnswer(f"{what}: HTTP {answer.status} without a readable answer")
    return answer.body


def _as_exception(error: Mapping[str, Any], answer: Answer) -> Exception:
    status, first = str(error.get("status")), next(failures(error), {})
    said = first.get("message") or error.get("message") or "an error without a message"
    words = f"{said} ({name_of(first) or error.get('status')})"
    if status in STOP:
        return Stop(words, status=answer.status)
    if status == "RESOURCE_EXHAUSTED":
        waits = str(answer.headers.get("Retry-After") or "")
        return TryLater(words, float(waits) if waits.isdigit() else seconds_of(first))
    if status in TRANSIENT:
        return NoAnswer(words)
    return Refused(words, status=answer.status)


def failures(error: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The GoogleAdsErrors inside a google.rpc.Status; none where another API answers."""
    for detail in error.get("details") or ():
        if str(detail.get("@type", "")).endswith("GoogleAdsFailure"):
            yield from detail.get("errors") or ()


def name_of(failure: Mapping[str, Any]) -> str:
    """Such as quotaError.RESOURCE_EXHAUSTED; empty where there is none."""
    return next((f"{kind}.{value}" for kind, value in (failure.get("errorCode") or {}).items()), "")


def seconds_of(failure: Mapping[str, Any]) -> float:
    """How long a quota error asks to wait: a duration such as "900s"."""
    details = (failure.get("details") or {}).get("quotaErrorDetails") or {}
    try:
        return float(str(details.get("retryDelay")).removesuffix("s"))
    except ValueError:
        return SECONDS_UNLESS_TOLD
