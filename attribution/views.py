"""The first-party tag and its collector. The write key is public: it can add touchpoints to one workspace and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from attribution.actions.record_touchpoints import record_touchpoints
from attribution.row_fields import TOUCHPOINT
from stratum.core.api.problems import problem
from stratum.core.clock import now
from stratum.core.models import Workspace
from stratum.core.rows import BadRow, read_row
from stratum.core.tenancy import in_workspace

COOKIE = "stratum_id"
COOKIE_VALUE = re.compile(r"[\w.-]{1,200}", re.ASCII)
COOKIE_AGE = 400 * 86_400
MOST_BYTES = 16_384


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
    try:
        row = read_row(_filled(sent, request), TOUCHPOINT)
    except BadRow as bad:
        errors = [{"field": one.field, "reason": one.reason} for one in bad.problems]
        return _open_to_origin(
            JsonResponse(problem(400, "The touchpoint was not stored.", errors), status=400), request
        )
    with in_workspace(workspace):
        record_touchpoints(workspace, [row])
    response = HttpResponse(status=204)
    if row["consent"] and COOKIE_VALUE.fullmatch(row["anonymous_id"] or ""):
        response.set_cookie(
            COOKIE, row["anonymous_id"], max_age=COOKIE_AGE, httponly=True, secure=request.is_secure(), samesite="Lax"
        )
    return _open_to_origin(response, request)


def _workspace_of(sent: dict[str, Any]) -> Workspace | None:
    write_key = sent.get("write_key")
    known = isinstance(write_key, str) and write_key.isascii() and write_key.isprintable()
    return Workspace.objects.filter(write_key=write_key).first() if known else None


def _address(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:  # such as half an IPv6 address
        return urlsplit("")


def _filled(sent: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    """What the tag left out, from the request itself: the address of the page, the click id in it, the cookie, the visitor's IP."""
    page = _address(str(sent.get("url", ""))[:2000])
    query = {name: values[0] for name, values in parse_qs(page.query).items()}
    defaults = {
        "occurred_at": now().isoformat(),
        "kind": "ad_click" if query.get("fbclid") or query.get("gclid") else "web",
        "click_id": query.get("fbclid") or query.get("gclid"),
        "campaign_id": query.get("utm_id"),
        "ad_id": query.get("ad_id") or query.get("utm_content"),
        "landing_path": page.path[:400],
        "anonymous_id": request.COOKIES.get(COOKIE),
        "ip": visitor_ip(request),
    }
    return {**defaults, **{name: value for name, value in sent.items() if value not in (None, "") and name != "ip"}}


def visitor_ip(request: HttpRequest) -> str:
    """The nearest proxy's word for the client, else the socket's."""
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")[-1].strip()
    return forwarded or request.META.get("REMOTE_ADDR", "")


def _open_to_origin(response: HttpResponse, request: HttpRequest) -> HttpResponse:
    if origin := request.headers.get("Origin"):
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Credentials"] = "true"
        response["Access-Control-Allow-Headers"] = "Content-Type"
        response["Vary"] = "Origin"
    return response
