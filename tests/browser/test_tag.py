"""The tag in a real browser, on a page of a shop."""

from __future__ import annotations

import time

import pytest

from attribution.models import Touchpoint
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.tenancy import in_workspace
from tests.attribution.test_bots import CHROME

PAGE = """<!doctype html><title>Shop</title><script src="/t.js" data-write-key="{key}" data-consent="{consent}" defer></script>
<form id="lead" action="/thanks" data-stratum><input name="stratum_click_id" type="hidden"><button>Send</button></form>"""


@pytest.fixture
def shop(transactional_db, live_server, browser):
    """Opens a path of the shop with some consent; the shop's pages are answered here, the tag and collector by Stratum."""
    workspace = make_workspace(name="Shop")
    with browser.new_context(user_agent=CHROME) as context, in_workspace(workspace):
        page = context.new_page()
        sent = []

        def open_page(path, consent=2):
            html = PAGE.format(key=workspace.write_key, consent=consent)
            page.route("**/shop*", lambda route: route.fulfill(content_type="text/html", body=html))
            page.route("**/thanks*", lambda route: (sent.append(route.request.url), route.fulfill(body="Thanks")))
            with page.expect_response("**/collect") as answered:
                page.goto(f"{live_server.url}{path}")
            assert answered.value.ok
            page.wait_for_timeout(100)
            return page

        open_page.sent, open_page.context = sent, context
        yield open_page


def stored(page, name):
    return page.evaluate(f"JSON.parse(localStorage.getItem('stratum_{name}'))")


def test_the_browser_keeps_the_servers_id_and_the_click_with_its_case_and_first_moment(shop):
    page = shop("/shop?fbclid=IwAR0aBcD")
    visitor, click = stored(page, "id"), stored(page, "click")
    assert (click["kind"], click["id"]) == ("fbclid", "IwAR0aBcD")
    cookie = next(one for one in shop.context.cookies() if one["name"] == "stratum_id")
    assert (cookie["value"], cookie["httpOnly"], cookie["sameSite"]) == (visitor, True, "Lax")
    shop.context.add_cookies([{"name": "_fbp", "value": "fb.1.1558571054389.1098115397", "url": page.url}])
    page.evaluate("localStorage.removeItem('stratum_id')")
    shop("/shop?fbclid=IwAR0aBcD")
    assert stored(page, "id") == visitor, "the cookie outlives what scripts store"
    assert stored(page, "click") == click, "seen first is seen first"
    first, second = Touchpoint.objects.order_by("id")
    assert first.anonymous_hash == second.anonymous_hash
    assert {one.fbc for one in (first, second)} == {f"fb.1.{click['seen']}.IwAR0aBcD"}
    assert (first.fbp, second.fbp) == ("", "fb.1.1558571054389.1098115397")
    assert not first.is_bot


def test_a_form_takes_the_click_and_the_visitor_along(shop):
    page = shop("/shop?gclid=EAIaIQobChMI")
    page.get_by_role("button", name="Send").click()
    page.wait_for_url("**/thanks*")
    assert "stratum_click_id=EAIaIQobChMI" in shop.sent[0] and "stratum_click_id_kind=gclid" in shop.sent[0]
    assert f"stratum_anonymous_id={stored(page, 'id')}" in shop.sent[0]
    assert "stratum_click_id_seen_at=20" in shop.sent[0]
    until = time.monotonic() + 10  # what is sent while a page is left has no answer to wait for
    while not Touchpoint.objects.filter(kind="form").exists() and time.monotonic() < until:
        page.wait_for_timeout(50)
    form = Touchpoint.objects.get(kind="form")
    click = Touchpoint.objects.get(kind="ad_click")
    assert (form.form_id, form.anonymous_hash) == ("lead", click.anonymous_hash)
    assert (form.ip_hash, form.fingerprint_hash) == (click.ip_hash, click.fingerprint_hash) and None not in (
        form.ip_hash,
        form.fingerprint_hash,
    )


@pytest.mark.parametrize(("consent", "told"), [(1, False), (2, True)])
def test_what_the_device_looks_like_is_told_with_consent_to_ads_only(shop, consent, told):
    shop("/shop?fbclid=IwAR0", consent=consent)
    assert (Touchpoint.objects.get().fingerprint_hash is not None) == told


def test_without_consent_nothing_is_kept_and_later_consent_starts_it(shop):
    page = shop("/shop?fbclid=IwAR0", consent=0)
    assert page.evaluate("Object.keys(localStorage)") == [] and shop.context.cookies() == []
    assert Touchpoint.objects.get().anonymous_hash is None
    with page.expect_response("**/collect"):
        page.evaluate("stratum.consent(2)")
    page.wait_for_function("localStorage.getItem('stratum_id')")
    assert stored(page, "click")["id"] == "IwAR0"
    page.evaluate("stratum.consent(0)")
    assert page.evaluate("Object.keys(localStorage)") == []


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("/shop?a=1?FBCLID=IwAR0old&amp;fbclid=IwAR0new", ("fbclid", "IwAR0new")),
        ("/shop#msclkid=0123456789abcdef0123456789abcdef", ("msclkid", "0123456789abcdef0123456789abcdef")),
        ("/shop?utm_medium=email&gclid=Cj0KCQold", None),
        ("/shop?fbclid={{fbclid}}", None),
    ],
)
def test_the_tag_reads_addresses_as_the_server_does(shop, address, kept):
    click = stored(shop(address), "click")
    assert (click and (click["kind"], click["id"])) == kept
