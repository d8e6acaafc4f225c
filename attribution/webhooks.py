"""HubSpot's deliveries: check the signature, store the raw bytes in one commit, answer. Everything else happens later."""

from __future__ import annotations

import re
import time

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from attribution.actions.crm.quarantine_delivery import quarantine_delivery
from attribution.actions.crm.store_delivery import store_delivery
from attribution.connections import Portal, portals
from attribution.domain.hubspot_signature import SignedRequest, refusal

_PORTAL = re.compile(rb'"portalId"\s*:\s*(\d{1,18})\b')


@csrf_exempt
@require_POST
def hubspot(request: HttpRequest) -> JsonResponse:
    signed = _signed_request(request)
    hint = int(found[1]) if (found := _PORTAL.search(signed.body)) else None
    portal, reason = _who_signed(signed, hint)
    if portal is None:
        quarantine_delivery(signed, reason=reason, portal_hint=hint)
        return JsonResponse({"stored": False, "reason": reason}, status=401)
    store_delivery(portal, signed.body)
    return JsonResponse({"stored": True})


def _signed_request(request: HttpRequest) -> SignedRequest:
    query = request.META.get("QUERY_STRING", "")
    return SignedRequest(
        method=request.method or "",
        uri=f"{settings.PUBLIC_URL}{request.path}" + (f"?{query}" if query else ""),
        body=request.body,
        v3=request.headers.get("X-HubSpot-Signature-v3"),
        timestamp=request.headers.get("X-HubSpot-Request-Timestamp"),
        older=request.headers.get("X-HubSpot-Signature"),
        older_version=request.headers.get("X-HubSpot-Signature-Version", "v1"),
    )


def _who_signed(signed: SignedRequest, hint: int | None) -> tuple[Portal | None, str]:
    """The portal whose secret signed this. The id in the body only says whom to try first; the signature decides."""
    reason = "no portal is connected"
    for fresh in (False, True):
        for portal in sorted(portals(fresh=fresh), key=lambda p: p.portal_id != hint):
            refused = refusal(
                signed, list(portal.secrets), now_ms=time.time_ns() // 1_000_000, allow_older=portal.allow_v1
            )
            if refused is None:
                return portal, ""
            reason = refused if portal.portal_id == hint or hint is None else reason
    return None, reason
