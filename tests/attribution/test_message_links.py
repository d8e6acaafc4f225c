"""A link of a message, from its making to the person it names, over HTTP and the real database."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from attribution.actions.touches.make_message_link import LinkRefused, make_message_link
from attribution.domain.message_links import may_lead_to, read_hosts
from attribution.identity import hashed
from attribution.models import CollectionSettings, IdentityEdge, Touchpoint
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.tenancy import in_workspace
from tests.attribution.test_bots import CHROME

SHOP = "https://shop.example/sale?utm_source=mail"
KINDS = IdentityEdge.Key


@pytest.fixture
def allowed(workspace):
    return CollectionSettings.objects.create(workspace=workspace, link_hosts="shop.example\nwww.shop.example")


@pytest.fixture
def link(workspace, allowed):
    made = make_message_link(workspace, url=SHOP, channel="email", campaign="spring", email="Ann@Example.com", contact_id="7", consent=2)  # fmt: skip
    return made[made.index("/go/") :]


def follow(link, client=None, agent=CHROME, method="get", **headers):
    return getattr(client or Client(), method)(link, headers={"User-Agent": agent, **headers})


def test_a_click_leads_on_counts_once_and_joins_the_browser_with_the_person(workspace, link):
    client = Client()
    answer = follow(link, client)
    assert (answer.status_code, answer["Location"]) == (302, SHOP)
    assert "no-store" in answer["Cache-Control"]
    touch = Touchpoint.objects.get()
    visitor = answer.cookies["stratum_id"].value
    assert (touch.kind, touch.channel, touch.campaign_external_id, touch.is_bot) == ("email", "email", "spring", False)
    assert touch.email_hash == hashed(workspace.pk, "email", "ann@example.com")
    assert touch.anonymous_hash == hashed(workspace.pk, "anonymous", visitor)
    edges = {(e.left_kind, e.left_hash, e.right_kind, e.right_hash, e.source) for e in IdentityEdge.objects.all()}
    assert edges == {
        (KINDS.ANONYMOUS, touch.anonymous_hash, KINDS.EMAIL, touch.email_hash, "link"),
        (KINDS.ANONYMOUS, touch.anonymous_hash, KINDS.CONTACT, hashed(workspace.pk, "contact", "7"), "link"),
    }
    again = follow(link, client)
    assert again.cookies["stratum_id"].value == visitor, "the browser keeps its id"
    assert IdentityEdge.objects.count() == 2


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"User-Agent": "Barracuda Sentinel (EE)"}, "a mail scanner"),
        ({"User-Agent": ""}, "says nothing"),
        ({"User-Agent": CHROME, "X-Forwarded-For": "52.14.9.1"}, "stands in a data centre"),
        ({"User-Agent": CHROME, "X-Forwarded-For": "198.51.100.7"}, "is of the workspace's own list"),
        ({"User-Agent": CHROME, "Sec-Purpose": "prefetch"}, "nobody has opened it"),
    ],
)
def test_a_machine_is_led_on_and_marked_and_identifies_nobody(allowed, link, headers, why):
    CollectionSettings.objects.update(bot_networks="198.51.100.0/24")
    answer = Client().get(link, headers=headers)
    assert (answer.status_code, answer.cookies) == (302, {}), why
    touch = Touchpoint.objects.get()
    assert (touch.is_bot, touch.email_hash, touch.anonymous_hash, touch.ip_hash) == (True, None, None, None)
    assert not IdentityEdge.objects.exists()


def test_head_asks_where_it_leads_and_counts_nothing(link):
    assert follow(link, method="head").status_code == 302
    assert not Touchpoint.objects.exists()
    assert follow(link, method="post").status_code == 405


def test_without_consent_a_click_counts_and_names_nobody(workspace, allowed):
    made = make_message_link(workspace, url=SHOP, channel="sms", email="ann@example.com", phone="+1555", consent=0)
    answer = follow(made[made.index("/go/") :])
    assert (answer.status_code, answer.cookies) == (302, {})
    touch = Touchpoint.objects.get()
    assert (touch.kind, touch.consent, touch.email_hash, touch.ip_hash) == ("sms", 0, None, None)
    assert not IdentityEdge.objects.exists()


def test_an_old_link_leads_on_but_names_nobody(link, monkeypatch):
    later = time.time() + 91 * 86_400
    monkeypatch.setattr("time.time", lambda: later)
    answer = follow(link)
    assert answer.status_code == 302
    assert Touchpoint.objects.get().email_hash is None
    assert not IdentityEdge.objects.exists()


def test_a_link_that_was_changed_or_is_not_allowed_any_more_leads_nowhere(workspace, allowed, link):
    for wrong in (link[:-1], link[:8] + "x" + link[9:], "/go/x", "/go/" + "a" * 3000, "/go/%00", "/go/é"):
        assert follow(wrong).status_code == 404, wrong
    CollectionSettings.objects.update(link_hosts="other.example")
    assert follow(link).status_code == 404
    CollectionSettings.objects.all().delete()
    assert follow(link).status_code == 404
    assert not Touchpoint.objects.exists()


def test_a_link_counts_in_the_workspace_that_made_it(link, workspace):
    other = make_workspace(name="Other")
    assert follow(link).status_code == 302
    with in_workspace(other):
        assert not Touchpoint.objects.exists()
    assert Touchpoint.objects.get().workspace_id == workspace.pk


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://shop.example/", True),
        ("https://SHOP.example/a?b=c#d", True),
        ("http://www.shop.example", True),
        ("https://shop.example:8443/", False),
        ("https://evil.example/", False),
        ("https://shop.example.evil.example/", False),
        ("https://shop.example@evil.example/", False),
        ("https://evil.example\\@shop.example/", False),
        ("https://evil.example#@shop.example/", False),
        ("//shop.example/", False),
        ("/sale", False),
        ("javascript:alert(1)//shop.example", False),
        ("data:text/html,shop.example", False),
        ("https://shop.example/\r\nSet-Cookie: x", False),
        ("https://shop.example\t.evil.example/", False),
        ("https://shop\u3002example/", False),
        ("https://[::1", False),
        ("https://shop.example:port/", False),
        ("", False),
    ],
)
def test_where_a_link_may_lead(url, may):
    assert may_lead_to(url, read_hosts("shop.example\n\nWWW.shop.example ")) is may


@pytest.mark.parametrize("text", ["https://shop.example", "shop.example/", "*.example", "a b", "-x.example"])
def test_a_host_that_is_none_is_named(text):
    with pytest.raises(ValueError, match="is no host"):
        read_hosts(text)


def test_no_link_is_made_to_somewhere_else(workspace, allowed):
    with pytest.raises(LinkRefused, match=r"^url:"):
        make_message_link(workspace, url="https://evil.example", channel="email")
    with pytest.raises(LinkRefused, match=r"^channel:"):
        make_message_link(workspace, url=SHOP, channel="pigeon")
