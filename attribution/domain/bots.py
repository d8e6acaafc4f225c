"""Who is no person: crawlers by their name, mail scanners by theirs, and machines by where they stand.

Names come from crawler-user-agents, a list that is kept up to date by its own project. Scanners of mail gateways often call
themselves a browser, but they call from data centres; `data_centres.py` and the workspace's own networks know those.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import lru_cache

from crawleruseragents import is_crawler

from attribution.domain.data_centres import NETWORKS

MAIL_SCANNERS = re.compile(
    r"barracuda|proofpoint|mimecast|safelinks|forcepoint|fireeye|ironport|trendmicro|symantec|cloudmark|"
    r"microsoft office|ms-office|outlook-ios-android scanner|googleimageproxy|yahoomailproxy",
    re.IGNORECASE,
)
FETCHED_AHEAD = {"Sec-Purpose": "prefetch", "Purpose": "prefetch", "X-Purpose": "preview", "X-Moz": "prefetch"}
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@lru_cache(maxsize=4096)
def is_bot_agent(user_agent: str) -> bool:
    """Whether no person sends this. A browser always says what it is, so silence is a machine too."""
    return not user_agent.strip() or is_crawler(user_agent) or MAIL_SCANNERS.search(user_agent) is not None


def is_fetched_ahead(headers: Mapping[str, str]) -> bool:
    """Whether the browser fetches a page that nobody has opened yet."""
    return any(word in (headers.get(name) or "").lower() for name, word in FETCHED_AHEAD.items())


@lru_cache(maxsize=256)
def read_networks(text: str) -> tuple[Network, ...]:
    """Networks of a text with one a line, like `203.0.113.0/24`. ValueError names the line that is none."""
    return tuple(ipaddress.ip_network(line.strip(), strict=False) for line in text.splitlines() if line.strip())


def is_in_data_centre(ip: str, more: Sequence[Network] = ()) -> bool:
    """Whether the address lies in a hoster's networks, or in one of `more`. Text that is no address does not."""
    address, listed = _address(ip)
    return listed or any(address in network for network in more if address and network.version == address.version)


@lru_cache(maxsize=65_536)
def _address(ip: str) -> tuple[Address | None, bool]:
    """The address that a text is, if it is one, and whether a listed hoster owns it: files name the same ones many times."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None, False
    first, last = _hosters(address.version)
    place = bisect_right(first, int(address)) - 1
    return address, place >= 0 and int(address) <= last[place]


@lru_cache(maxsize=2)
def _hosters(version: int) -> tuple[list[int], list[int]]:
    """First and last addresses of the listed networks of an IP version, in order; none overlaps another."""
    networks = sorted(one for one in read_networks("\n".join(NETWORKS)) if one.version == version)
    return [int(one.network_address) for one in networks], [int(one.broadcast_address) for one in networks]
