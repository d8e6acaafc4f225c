"""Who sent a message provider's webhook, over the raw bytes.

SendGrid signs the timestamp and the body, its last line end included, with ECDSA on P-256 (twilio.com/docs/sendgrid, "Event
Webhook security features"). Twilio signs the public address and the sorted form fields with HMAC-SHA1; a JSON body is named
in the address by its SHA-256 (twilio.com/docs, "Validate webhook requests"). Neither vendor's library looks at the age.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

OLDEST_SECONDS = 600
"""SendGrid signs anew for every attempt, so nothing honest is older."""


def sendgrid_refusal(public_key: str, signature: str, timestamp: str, body: bytes, *, now: float) -> str | None:
    """Why the request is not to be believed, in a few words; None when the key's owner signed it. `now` in seconds."""
    if not signature or not re.fullmatch(r"\d{1,12}", timestamp, re.ASCII):
        return "no signature or no timestamp"
    if abs(now - int(timestamp)) > OLDEST_SECONDS:
        return "timestamp too old or in the future"
    try:
        key = load_der_public_key(base64.b64decode(public_key))
        if not isinstance(key, EllipticCurvePublicKey):
            return "no key to check against"
        key.verify(base64.b64decode(signature, validate=True), timestamp.encode() + body, ECDSA(SHA256()))
    except InvalidSignature:
        return "wrong signature"
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        return "unreadable key or signature"
    return None


def twilio_refusal(token: str, signature: str, uri: str, fields: Sequence[tuple[str, str]], body: bytes) -> str | None:
    """The same for Twilio. `uri` is the public address with its query, `fields` those of a form (a JSON body has none)."""
    if not token or not signature:
        return "no signature or no token"
    digest = parse_qs(urlsplit(uri).query).get("bodySHA256", [""])[0]
    if digest and not hmac.compare_digest(hashlib.sha256(body).hexdigest(), digest):
        return "the body is not the one that was signed"
    if not digest and not fields and body:
        return "a body that nothing signs"
    expected = twilio_signature(token, uri, [] if digest else fields)
    return (
        None
        if hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape"))
        else "wrong signature"
    )


def twilio_signature(token: str, uri: str, fields: Sequence[tuple[str, str]]) -> str:
    """base64(HMAC-SHA1(token, uri + name + value …)), fields sorted, a repeated one once a value."""
    source = uri + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), source.encode(), hashlib.sha1).digest()).decode()
