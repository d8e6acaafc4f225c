"""Links of messages: where they may lead, and what of a click on one may be believed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from urllib.parse import urlsplit

CHANNELS = ("email", "sms", "push")
IDENTIFIES_FOR = timedelta(days=90)
"""An old message is passed on, quoted and archived: its link still leads to its page, but no longer to a person."""
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*(:\d{1,5})?")


@dataclass(frozen=True)
class MessageLink:
    """What a link was made for. People are keyed hashes of the workspace; consent is what the person had given by then."""

    workspace_id: int
    url: str
    channel: str
    campaign: str = ""
    email_hash: int | None = None
    phone_hash: int | None = None
    contact_hash: int | None = None
    consent: int = 0


@lru_cache(maxsize=256)
def read_hosts(text: str) -> frozenset[str]:
    """Hosts of a text with one a line. ValueError names the line that is none."""
    hosts = [line.strip().lower() for line in text.splitlines() if line.strip()]
    if wrong := next((host for host in hosts if not _HOST.fullmatch(host)), None):
        raise ValueError(f"“{wrong}” is no host such as shop.example")
    return frozenset(hosts)


def may_lead_to(url: str, hosts: frozenset[str]) -> bool:
    """Whether a browser that follows the address ends on one of the hosts, whatever tricks the address plays."""
    # Browsers read a backslash as a slash and drop tabs and line ends; an address that needs either is not meant well.
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in "\\ <>\"'") or len(url) > 2000:
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    host = f"{parts.hostname}:{port}" if port else parts.hostname
    plain = parts.netloc.lower() == host
    return parts.scheme in ("https", "http") and plain and host in hosts
