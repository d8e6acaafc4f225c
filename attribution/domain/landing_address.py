"""The address of a landing page, as ads, newsletters and CRMs hand it over: which ad, campaign and click brought the visitor."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, unquote_plus

from attribution.domain.click_ids import ClickId, click_id_in

AMPERSAND = re.compile(r"&(?:amp;|#38;)+", re.IGNORECASE)
ENCODED = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE | re.ASCII)
MACRO = re.compile(r"\{\{?[^{}]*\}\}?|^__\w+__$|^%%.*%%$|^\[\[?[\w.:-]+\]\]?$")
"""A place that the platform was to fill in: {{ad.id}}, {creative}, __AID__, %%…%%, [adid]."""
AD = ("ad_id", "hsa_ad", "utm_content")
CAMPAIGN = ("utm_id", "hsa_cam", "campaign_id")
UNPAID = frozenset(
    [
        "social",
        "organic",
        "organic_social",
        "organic-social",
        "social-organic",
        "social_organic",
        "email",
        "e-mail",
        "mail",
        "newsletter",
        "sms",
        "push",
        "referral",
    ]
)
"""Media whose visits no ad brought, even where the address carries a click id: a post that was shared, a link copied from an old ad."""


@dataclass(frozen=True)
class Landing:
    path: str = ""
    click: ClickId | None = None
    ad_id: str = ""
    campaign_id: str = ""
    campaign_name: str = ""
    medium: str = ""
    macros: tuple[str, ...] = field(default=())
    """What nobody filled in, of the parameters that name an ad or a campaign."""

    @property
    def is_paid(self) -> bool:
        """Whether an ad brought the visitor."""
        return self.click is not None and self.medium.lower() not in UNPAID


def is_macro(text: str) -> bool:
    return bool(MACRO.search(text.strip()))


def read_address(address: str) -> Landing:
    """What an address tells. Parameters count in any case, behind “?”, “#” or a second “?”; of two the last, which is the newest."""
    text = AMPERSAND.sub("&", address.strip())
    path, query = _split(text)
    values = {name: value for name, value in _parameters(query) if value}
    macros = tuple(dict.fromkeys(values[name] for name in (*AD, *CAMPAIGN) if is_macro(values.get(name, ""))))
    filled = {name: value for name, value in values.items() if not is_macro(value)}
    return Landing(
        path=path,
        click=click_id_in(filled),
        ad_id=_first(filled, AD),
        campaign_id=_first(filled, CAMPAIGN),
        campaign_name=filled.get("utm_campaign", ""),
        medium=filled.get("utm_medium", ""),
        macros=macros,
    )


def _split(text: str) -> tuple[str, str]:
    """The path, and everything that may be parameters."""
    place = min((text.find(sign) for sign in "?#" if sign in text), default=len(text))
    start, query = text[:place], text[place:]
    if "=" not in query and ENCODED.search(query):
        query = unquote(query)
    host = re.match(r"^(?:[a-z][a-z0-9+.-]*:)?//[^/]*", start, re.IGNORECASE)
    return start[host.end() :] if host else start, query


def _parameters(query: str) -> list[tuple[str, str]]:
    pairs = (piece.partition("=") for piece in re.split(r"[?#&]", query))
    return [(unquote(name).strip().lower(), _value(value)) for name, _, value in pairs if name]


def _value(text: str) -> str:
    """Decoded, also where it was encoded twice."""
    value = unquote_plus(text)
    return unquote_plus(value).strip() if ENCODED.search(value) else value.strip()


def _first(values: dict[str, str], names: tuple[str, ...]) -> str:
    return next((values[name] for name in names if values.get(name)), "")
