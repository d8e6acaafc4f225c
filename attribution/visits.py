"""What a request tells of its visitor, and what of that is kept with a touchpoint."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from attribution.domain.bots import is_bot_agent, is_fetched_ahead, is_in_data_centre, read_networks
from attribution.domain.click_ids import fbc_of, readable_fbc, readable_fbp
from attribution.models import CollectionSettings
from stratum.core.clock import now

COOKIE = "stratum_id"
COOKIE_AGE = 400 * 86_400
COOKIE_VALUE = re.compile(r"[\w.-]{1,200}", re.ASCII)
IN_FULL_FROM = 2
"""The consent that allows to keep what ad platforms match by, encrypted; without it only hashes are kept."""


@dataclass(frozen=True)
class Visit:
    ip: str
    user_agent: str
    cookie: str | None
    is_bot: bool


def read_visit(request: HttpRequest) -> Visit:
    """The visitor of a request, inside the workspace whose networks of machines count."""
    ip, agent = visitor_ip(request), request.headers.get("User-Agent", "")
    cookie = request.COOKIES.get(COOKIE)
    return Visit(
        ip=ip,
        user_agent=agent,
        cookie=cookie if cookie and COOKIE_VALUE.fullmatch(cookie) else None,
        is_bot=is_bot_agent(agent) or is_fetched_ahead(request.headers) or is_in_data_centre(ip, _own_networks()),
    )


def visitor_ip(request: HttpRequest) -> str:
    """The nearest proxy's word for the client, else the socket's."""
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")[-1].strip()
    return forwarded or request.META.get("REMOTE_ADDR", "")


def collected(row: dict[str, Any]) -> dict[str, Any]:
    """Fields of a touchpoint beside its keys, from a row of `row_fields.TOUCHPOINT`."""
    agent = row.get("user_agent") or ""
    in_full = row["consent"] >= IN_FULL_FROM
    kind, seen_at = row.get("click_id_kind") or "", min(row.get("click_id_seen_at") or row["occurred_at"], now())
    fbc = readable_fbc(row.get("fbc"))
    if not fbc and kind == "fbclid" and row["click_id"]:
        fbc = readable_fbc(fbc_of(row["click_id"], seen_at))
    return {
        "is_bot": bool(row.get("is_bot")) or bool(agent and is_bot_agent(agent)) or is_in_data_centre(row["ip"] or ""),
        "click_id_kind": kind,
        "click_id_seen_at": seen_at if kind else None,
        "fbc": fbc if in_full else "",
        "fbp": readable_fbp(row.get("fbp")) if in_full else "",
        "user_agent": agent if in_full else "",
    }


def _own_networks() -> tuple:
    kept = CollectionSettings.objects.first()
    return read_networks(kept.bot_networks) if kept else ()
