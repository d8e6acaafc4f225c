"""HubSpot's request signatures, over the raw bytes (developers.hubspot.com, "Validating requests").

Own code, because the vendor's helper accepts timestamps from the future, cannot take bytes, and never decodes the URI.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass

MAX_AGE_MS = 300_000
# The only escapes that HubSpot decodes before it signs; every other one stays as it was sent.
DECODED = {
    "3A": ":",
    "2F": "/",
    "3F": "?",
    "40": "@",
    "21": "!",
    "24": "$",
    "27": "'",
    "28": "(",
    "29": ")",
    "2A": "*",
    "2C": ",",
    "3B": ";",
}
_ESCAPE = re.compile("%(" + "|".join(DECODED) + ")", re.IGNORECASE)


@dataclass(frozen=True)
class SignedRequest:
    method: str
    uri: str
    """The full public address: scheme, host, path, and the query as it was sent."""
    body: bytes
    v3: str | None = None
    timestamp: str | None = None
    older: str | None = None
    older_version: str = "v1"


def signed_uri(uri: str) -> str:
    return _ESCAPE.sub(lambda match: DECODED[match[1].upper()], uri)


def refusal(request: SignedRequest, secrets: list[str], *, now_ms: int, allow_older: bool = False) -> str | None:
    """Why the request is not to be believed, in a few words; None when one of the secrets signed it.

    A request that carries a v3 signature is judged by it alone: it never falls back to the older, undated ones.
    """
    usable = [secret for secret in secrets if secret]
    if not usable:
        return "no secret to check against"
    if request.v3 is not None:
        return _refusal_v3(request, usable, now_ms)
    if request.older is None:
        return "no signature"
    if not allow_older:
        return f"signature {request.older_version} is not allowed for this connection"
    return None if any(_equal(_older(request, secret), request.older) for secret in usable) else "wrong signature"


def _refusal_v3(request: SignedRequest, secrets: list[str], now_ms: int) -> str | None:
    if not re.fullmatch(r"\d{1,15}", request.timestamp or "", re.ASCII):
        return "no readable timestamp"
    age = now_ms - int(request.timestamp)
    if age > MAX_AGE_MS:
        return "timestamp too old"
    if age < -MAX_AGE_MS:
        return "timestamp in the future"
    return None if any(_equal(v3_signature(request, secret), request.v3) for secret in secrets) else "wrong signature"


def v3_signature(request: SignedRequest, secret: str) -> str:
    """base64(HMAC-SHA256(secret, method + uri + body + timestamp))."""
    source = (
        request.method.encode() + signed_uri(request.uri).encode() + request.body + (request.timestamp or "").encode()
    )
    return base64.b64encode(hmac.new(secret.encode(), source, hashlib.sha256).digest()).decode()


def _older(request: SignedRequest, secret: str) -> str:
    source = secret.encode() + request.body
    if request.older_version == "v2":
        source = secret.encode() + request.method.encode() + request.uri.encode() + request.body
    return hashlib.sha256(source).hexdigest()


def _equal(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))
