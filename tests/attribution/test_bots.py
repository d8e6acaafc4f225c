from __future__ import annotations

import ipaddress

import pytest

from attribution.domain.bots import is_bot_agent, is_fetched_ahead, is_in_data_centre, read_networks
from attribution.domain.data_centres import NETWORKS

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
IN_APP = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22B83 [FBAN/FBIOS;FBAV/490.0.0.44.107;FBBV/660000000]"


@pytest.mark.parametrize(
    ("agent", "bot"),
    [
        (CHROME, False),
        (IPHONE, False),
        (IN_APP, False),
        ("", True),
        ("   ", True),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", True),
        ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", True),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", True),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", True),
        ("Microsoft Office/16.0 (Microsoft Outlook 16.0.17928; Pro)", True),
        ("Barracuda Sentinel (EE)", True),
        ("python-requests/2.32.3", True),
        ("curl/8.9.1", True),
        (CHROME.replace("Chrome", "HeadlessChrome"), True),
    ],
)
def test_who_calls_itself_what(agent, bot):
    assert is_bot_agent(agent) is bot


@pytest.mark.parametrize(
    ("ip", "there"),
    [
        ("52.14.9.1", True),
        ("88.198.7.7", True),
        ("2a01:4f8:c17::1", True),
        ("203.0.113.9", False),
        ("10.0.0.1", False),
        ("::1", False),
        ("no address", False),
        ("", False),
    ],
)
def test_addresses_of_hosters(ip, there):
    assert is_in_data_centre(ip) is there


def test_a_workspace_knows_networks_of_its_own():
    networks = read_networks("203.0.113.0/24\n\n 2001:db8::/32 ")
    assert is_in_data_centre("203.0.113.9", networks) and is_in_data_centre("2001:db8::5", networks)
    with pytest.raises(ValueError, match="office"):
        read_networks("203.0.113.0/24\nthe office")


@pytest.mark.parametrize(
    ("headers", "ahead"),
    [
        ({"Sec-Purpose": "prefetch;prerender"}, True),
        ({"X-Moz": "prefetch"}, True),
        ({"Purpose": "preview"}, False),
        ({}, False),
    ],
)
def test_what_nobody_opened_yet(headers, ahead):
    assert is_fetched_ahead(headers) is ahead


def test_no_network_is_listed_twice():
    networks = [ipaddress.ip_network(one) for one in NETWORKS]
    assert not [(a, b) for a in networks for b in networks if a is not b and a.version == b.version and a.overlaps(b)]
