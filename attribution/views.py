"""The first-party tag, its collector, and links of messages. The write key is public: it can add touchpoints to one workspace."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from attribution.actions.people.link_keys import SeenTogether, link_keys
from attribution.actions.touches.follow_message_link import follow_message_link
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.domain.landing_address import Landing, read_address
from attribution.domain.message_links import may_lead_to, read_hosts
from attribution.identity import hashed
from attribution.message_tokens import read_token
from attribution.models import CollectionSettings, IdentityEdge
from attribution.row_fields import TOUCHPOINT
from attribution.visits import COOKIE, COOKIE_AGE, COOKIE_VALUE, Visit, read_visit
from stratum.core.api.problems import problem
from stratum.core.clock import now
from stratum.core.models import Workspace
from stratum.core.rows import BadRow, read_row
from stratum.core.tenancy import in_workspace

MOST_BYTES = 16_384
# What the request itself says better than its body.
NOT_FROM_THE_BODY = {"ip", "user_agent", "is_bot"}


@require_GET
@cache_control(public=True, max_age=3600)
def tag(request: HttpRequest) -> HttpResponse:
    return render(request, "tag.js", content_type="text/javascript")


@csrf_exempt
@require_http_methods(["POST", "OPTIONS"])
def collect(request: HttpRequest) -> HttpResponse:
    if request.method == "OPTIONS":
        return _open_to_origin(HttpResponse(status=204), request)
    try:
        sent = json.loads(request.body[: MOST_BYTES + 1])
    except (ValueError, RecursionError):
        sent = None
    workspace = _workspace_of(sent) if isinstance(sent, dict) else None
    if workspace is None:
        return _open_to_origin(
            JsonResponse(problem(400, "Send a JSON object with the workspace's write_key."), status=400), request
        )
    with in_workspace(workspace):
        try:
            row = read_row(_filled(sent, read_visit(request)), TOUCHPOINT)
        except BadRow as bad:
            errors = [{"field": one.field, "reason": one.reason} for one in bad.problems]
            return _open_to_origin(
                JsonResponse(problem(400, "The touchpoint was not stored.", errors), status=400), request
            )
        record_touchpoints(workspace, [row])
        _join(workspace, row, sent.get("anonymous_id"))
    told = row["anonymous_id"] if row["consent"] and row["anonymous_id"] != sent.get("anonymous_id") else None
    response = JsonResponse({"anonymous_id": told}) if told else HttpResponse(status=204)
    if row["consent"]:
        _remember(response, row["anonymous_id"], request)
    elif COOKIE in request.COOKIES:
        response.delete_cookie(COOKIE, samesite="Lax")
    return _open_to_origin(response, request)


@require_safe
@never_cache
def go(request: HttpRequest, token: str) -> HttpResponse:
    """A link of a message: leads on to where the workspace allows, and tells who came. HEAD only asks where it leads."""
    read = read_token(token)
    if read is None:
        return HttpResponse("There is no such link.", status=404, content_type="text/plain")
    link, is_young = read
    workspace = Workspace.objects.filter(pk=link.workspace_id).first()
    with in_workspace(link.workspace_id):
        kept = CollectionSettings.objects.first()
        if workspace is None or kept is None or not may_lead_to(link.url, read_hosts(kept.link_hosts)):
            return HttpResponse("This link leads nowhere any more.", status=404, content_type="text/plain")
        response = HttpResponseRedirect(link.url, headers={"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"})
        if request.method == "GET":
            visitor = follow_message_link(workspace, link, read_visit(request), identifies=is_young, now=now())
            _remember(response, visitor, request)
    return response


def _join(workspace: Workspace, row: dict[str, Any], page_id: object) -> None:
    """A page that still knew an older id than the cookie's: both are one browser."""
    if row["consent"] and not row["is_bot"] and isinstance(page_id, str) and page_id and row["anonymous_id"]:
        kind = IdentityEdge.Key.ANONYMOUS.value
        old, new = (hashed(workspace.pk, "anonymous", one) for one in (page_id, row["anonymous_id"]))
        link_keys(workspace, [SeenTogether((kind, old), (kind, new), "tag", row["occurred_at"])])


def _remember(response: HttpResponse, anonymous_id: str | None, request: HttpRequest) -> None:
    if COOKIE_VALUE.fullmatch(anonymous_id or ""):
        response.set_cookie(
            COOKIE, anonymous_id, max_age=COOKIE_AGE, httponly=True, secure=request.is_secure(), samesite="Lax"
        )


def _workspace_of(sent: dict[str, Any]) -> Workspace | None:
    write_key = sent.get("write_key")
    known = isinstance(write_key, str) and write_key.isascii() and write_key.isprintable()
    return Workspace.objects.filter(write_key=write_key).first() if known else None


def _is_readable(address: str) -> bool:
    try:
        return bool(urlsplit(address).path or urlsplit(address).query)
    except ValueError:  # such as half an IPv6 address
        return False


def _filled(sent: dict[str, Any], visit: Visit) -> dict[str, Any]:
    """What the tag left out, from the request itself: the page's address, the click id in it, the cookie, the visitor.

    The cookie goes before the id that the page kept: browsers clear what scripts store after a week, a server's cookie later.
    Who has neither gets an id from us.
    """
    at = now()
    address = str(sent.get("url", ""))[:2000]
    landing = read_address(address) if _is_readable(address) else Landing()
    given = {name: value for name, value in sent.items() if value not in (None, "") and name not in NOT_FROM_THE_BODY}
    defaults = {
        "occurred_at": at.isoformat(),
        "kind": "ad_click" if landing.is_paid else "web",
        "click_id": landing.click and landing.click.value,
        "click_id_kind": landing.click and landing.click.kind,
        "click_id_seen_at": at.isoformat() if landing.click else None,
        "campaign_id": landing.campaign_id[:160],
        "channel": landing.medium[:40],
        "ad_id": landing.ad_id[:160],
        "landing_path": address if _is_readable(address) else "",
        "anonymous_id": str(uuid.uuid4()),
        "ip": visit.ip,
        "user_agent": visit.user_agent[:1000],
        "is_bot": visit.is_bot,
    }
    return {**defaults, **given, **({"anonymous_id": visit.cookie} if visit.cookie else {})}


def _open_to_origin(response: HttpResponse, request: HttpRequest) -> HttpResponse:
    if origin := request.headers.get("Origin"):
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Credentials"] = "true"
        response["Access-Control-Allow-Headers"] = "Content-Type"
        response["Vary"] = "Origin"
    return response
