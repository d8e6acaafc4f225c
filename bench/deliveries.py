"""Signed deliveries, made before the clock starts. The same number always gives the same body."""

from __future__ import annotations

import json
import time

from attribution.domain.hubspot_signature import SignedRequest, v3_signature

PATH = "/webhooks/hubspot/"
PORTAL_ID = 62_515
SECRET = "a-client-secret-for-benchmarks"
FIRST_SECOND = 1_788_597_072_000
_ONE = json.dumps(
    {
        "eventId": "EVENT",
        "subscriptionId": 3_731_001,
        "portalId": PORTAL_ID,
        "appId": 1_160_452,
        "occurredAt": "MOMENT",
        "subscriptionType": "deal.propertyChange",
        "attemptNumber": 0,
        "objectId": "DEAL",
        "propertyName": "dealstage",
        "propertyValue": "closedwon",
        "changeSource": "CRM",
        "sourceId": "userId:4862",
    }
)
TEMPLATE = (
    _ONE.replace("{", "{{")
    .replace("}", "}}")
    .replace('"EVENT"', "{0}")
    .replace('"MOMENT"', "{1}")
    .replace('"DEAL"', "{2}")
)
DEALS = 5_000


def body(number: int, events: int) -> bytes:
    """Delivery `number` of bodies with so many events each; no two numbers share an event."""
    numbers = range(number * events, (number + 1) * events)
    return f"[{','.join(TEMPLATE.format(n, FIRST_SECOND + n, 9_000_000 + n % DEALS) for n in numbers)}]".encode()


def signed_request(content: bytes, public_url: str) -> bytes:
    """The bytes of an HTTP/1.1 request, with a signature as of now."""
    now = str(time.time_ns() // 1_000_000)
    signature = v3_signature(SignedRequest("POST", f"{public_url}{PATH}", content, timestamp=now), SECRET)
    heads = {
        "Host": "127.0.0.1",
        "User-Agent": "HubSpot Connect 2.0",
        "Content-Type": "application/json",
        "Content-Length": str(len(content)),
        "X-HubSpot-Signature-v3": signature,
        "X-HubSpot-Request-Timestamp": now,
    }
    lines = [f"POST {PATH} HTTP/1.1", *(f"{name}: {value}" for name, value in heads.items()), "", ""]
    return "\r\n".join(lines).encode() + content
