"""Ad platforms' click ids: which one an address carries, and how Meta wants its own written down.

Case matters in all of them. `fbc` is `fb.<subdomain index>.<milliseconds when the click was first seen>.<fbclid>` and `fbp`
is what Meta's pixel made of a browser (developers.facebook.com, "fbp and fbc parameters"); neither is ever hashed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

PLATFORMS = {
    "fbclid": "meta",
    "gclid": "google",
    "gbraid": "google",
    "wbraid": "google",
    "msclkid": "microsoft",
    "ttclid": "tiktok",
    "li_fat_id": "linkedin",
}
"""The platform of each kind of click id."""
KINDS = tuple(PLATFORMS)
FORMS = {
    "fbclid": re.compile(r"(?:Iw(?:AR|Y2xja|Z[Xn])|PA(?:Z[Xn]|Q0))[\w-]{4,}", re.ASCII),
    "gclid": re.compile(r"(?:Cj0KCQ|CjwKC|EAIaIQ)[\w-]{4,}", re.ASCII),
    "gbraid": re.compile(r"0AAAAA[\w-]{4,}", re.ASCII),
    "msclkid": re.compile(r"[0-9a-f]{32}", re.ASCII),
    "ttclid": re.compile(r"E[._]C[._]P[._][\w.-]+", re.ASCII),
    "li_fat_id": re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE),
}
"""How the platforms' click ids begin, as seen in 2024 to 2026. An id of no known form says nothing."""
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
    found = ((kind_of(query[kind], kind), query[kind]) for kind in KINDS if query.get(kind))
    return next((ClickId(kind, value) for kind, value in found), None)


def kind_of(value: str | None, named: str = "") -> str:
    """The kind of a click id by its form, else as its source named it; empty where neither tells.

    Google's kinds share forms, so that between them the source decides.
    """
    text = (value or "").strip()
    if _FBC.fullmatch(text):
        return kind_of(text.split(".", 3)[3], "fbclid")
    by_form = next((kind for kind, form in FORMS.items() if form.fullmatch(text)), "")
    if named in PLATFORMS and (not by_form or PLATFORMS[named] == PLATFORMS[by_form]):
        return named
    return by_form


def fbc_of(fbclid: str, first_seen_at: datetime) -> str:
    return f"fb.{SUBDOMAIN_INDEX}.{int(first_seen_at.timestamp() * 1000)}.{fbclid}"


def readable_fbc(text: str | None) -> str:
    """The value as it came, or nothing where it cannot be one."""
    return text if text and _FBC.fullmatch(text) and kind_of(text) == "fbclid" else ""


def readable_fbp(text: str | None) -> str:
    """The value as it came, or nothing where it cannot be one."""
    return text if text and _FBP.fullmatch(text) else ""
