"""Deliveries as HubSpot would sign them."""

from __future__ import annotations

import json
import time
from typing import Any

from django.conf import settings

from attribution.domain.hubspot_signature import SignedRequest, v3_signature

PATH = "/webhooks/hubspot/"


def body_of(events: Any) -> bytes:
    return json.dumps(events).encode()


def signed_headers(body: bytes, secret: str, *, now_ms: int | None = None) -> dict[str, str]:
    timestamp = str(now_ms or time.time_ns() // 1_000_000)
    request = SignedRequest("POST", f"{settings.PUBLIC_URL}{PATH}", body, timestamp=timestamp)
    return {"X-HubSpot-Signature-v3": v3_signature(request, secret), "X-HubSpot-Request-Timestamp": timestamp}


def deliver(client: Any, body: bytes, secret: str = "secret", **how: Any) -> Any:
    return client.post(PATH, body, content_type="application/json", headers=signed_headers(body, secret, **how))


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "eventId": number,
        "subscriptionId": 77,
        "portalId": 33,
        "appId": 1,
        "occurredAt": 1_788_597_072_520 + number,
        "subscriptionType": "deal.propertyChange",
        "attemptNumber": 0,
        "objectId": 9000 + number,
        "propertyName": "dealstage",
        "propertyValue": "closedwon",
        "changeSource": "CRM",
        **changes,
    }
