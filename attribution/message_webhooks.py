"""Deliveries of message providers: check the signature, store the raw bytes, answer. Everything else happens later."""

from __future__ import annotations

import time
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from attribution.actions.touches.store_message_delivery import store_message_delivery
from attribution.domain.message_signatures import sendgrid_refusal, twilio_refusal
from attribution.models import MessageConnection

PROVIDERS = {"email": {"sendgrid"}, "sms": {"twilio"}}


@csrf_exempt
@require_POST
def messages(request: HttpRequest, channel: str, provider: str) -> JsonResponse:
    if provider not in PROVIDERS[channel]:
        raise Http404
    body, reason = request.body, "no account of this provider is connected"
    for connection in MessageConnection.everywhere.filter(provider=provider, is_active=True).order_by("id"):
        refused = _refusal(request, body, connection)
        if refused is None:
            store_message_delivery(connection, body)
            return JsonResponse({"stored": True})
        reason = refused
    return JsonResponse({"stored": False, "reason": reason}, status=401)


def _refusal(request: HttpRequest, body: bytes, connection: MessageConnection) -> str | None:
    header = request.headers.get
    if connection.provider == MessageConnection.Provider.SENDGRID:
        signature = header("X-Twilio-Email-Event-Webhook-Signature", "")
        timestamp = header("X-Twilio-Email-Event-Webhook-Timestamp", "")
        return sendgrid_refusal(connection.secret, signature, timestamp, body, now=time.time())
    query = request.META.get("QUERY_STRING", "")
    uri = f"{settings.PUBLIC_URL}{request.path}" + (f"?{query}" if query else "")
    is_form = request.content_type == "application/x-www-form-urlencoded"
    fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True) if is_form else []
    return twilio_refusal(connection.secret, header("X-Twilio-Signature", ""), uri, fields, body)
