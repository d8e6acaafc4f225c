"""Ad platforms' click ids: which one an address carries, and how Meta wants its own written down.

Case matters in all of them. `fbc` is `fb.<subdomain index>.<milliseconds when the click was first seen>.<fbclid>` and `fbp`
is what Meta's pixel made of a browser (developers.facebook.com, "fbp and fbc parameters"); neither is ever hashed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

KINDS = ("fbclid", "gclid", "gbraid", "wbraid")
SUBDOMAIN_INDEX = 1
"""For a cookie on a domain such as shop.example."""
_FBC = re.compile(r"fb\.[0-2]\.\d{13}\.[\w.~-]{1,500}", re.ASCII)
_FBP = re.compile(r"fb\.[0-2]\.\d{10,13}\.\d{1,20}", re.ASCII)


@dataclass(frozen=True)
class ClickId:
    kind: str
    value: str


def click_id_in(query: Mapping[str, str]) -> ClickId | None:
    """The click id of a landing page's query, Meta's before Google's, as it was written."""
    return next((ClickId(kind, query[kind]) for kind in KINDS if query.get(kind)), None)


def fbc_of(fbclid: str, first_seen_at: datetime) -> str:
    return f"fb.{SUBDOMAIN_INDEX}.{int(first_seen_at.timestamp() * 1000)}.{fbclid}"


def readable_fbc(text: str | None) -> str:
    """The value as it came, or nothing where it cannot be one."""
    return text if text and _FBC.fullmatch(text) else ""


def readable_fbp(text: str | None) -> str:
    """The value as it came, or nothing where it cannot be one."""
    return text if text and _FBP.fullmatch(text) else ""
