"""Addresses as they really arrive: which ad, campaign and click they name, and whether an ad brought the visitor."""

from __future__ import annotations

import pytest

from attribution.domain.click_ids import kind_of, readable_fbc
from attribution.domain.landing_address import read_address
from attribution.domain.user_data.person import person_of

FB, FB_NEW, G = "IwAR0aBcDeF", "IwY2xjawNewest", "Cj0KCQjwAbCd"
SHOP = "https://shop.example/p"


@pytest.mark.parametrize(
    ("query", "ad", "campaign", "click", "is_paid"),
    [
        (f"?ad_id=7&utm_id=c&fbclid={FB}", "7", "c", ("fbclid", FB), True),
        (f"?utm_content={{{{ad.id}}}}&utm_id=c&fbclid={FB}", "", "c", ("fbclid", FB), True),
        ("?utm_content=%7B%7Bad.id%7D%7D&utm_id=c", "", "c", None, False),
        ("?utm_content=%257B%257Bad.id%257D%257D&utm_id=c", "", "c", None, False),
        (f"?utm_content={{creative}}&utm_id={{campaignid}}&gclid={G}", "", "", ("gclid", G), True),
        ("?ad_id=__CID__&hsa_ad=9&hsa_cam=8&hsa_grp=5&ttclid=E.C.P.abc", "9", "8", ("ttclid", "E.C.P.abc"), True),
        (f"?utm_medium=social&fbclid={FB}", "", "", ("fbclid", FB), False),
        (f"?utm_medium=Email&gclid={G}", "", "", ("gclid", G), False),
        (f"?utm_id=c&amp;utm_content=7&amp;fbclid={FB}", "7", "c", ("fbclid", FB), True),
        (f"#utm_id=c&utm_content=7&gclid={G}", "7", "c", ("gclid", G), True),
        (f"?x=1#/buy?utm_id=c&gclid={G}", "", "c", ("gclid", G), True),
        (f"?UTM_ID=c&Utm_Content=7&FBCLID={FB}", "7", "c", ("fbclid", FB), True),
        (f"?fbclid={FB}&utm_id=c&fbclid={FB_NEW}", "", "c", ("fbclid", FB_NEW), True),
        (f"?a=1?utm_id=c&utm_content=7&fbclid={FB}", "7", "c", ("fbclid", FB), True),
        (f"?utm_id%3Dc%26utm_content%3D7%26fbclid%3D{FB}", "7", "c", ("fbclid", FB), True),
        ("?utm_content=blue%2520banner", "blue banner", "", None, False),
        ("?msclkid=0123456789abcdef0123456789abcdef", "", "", ("msclkid", "0123456789abcdef0123456789abcdef"), True),
        ("?li_fat_id=12345678-1234-1234-1234-123456789abc", "", "", ("li_fat_id", "12345678-1234-1234-1234-123456789abc"), True),
        (f"?fbclid={G}", "", "", ("gclid", G), True),
        ("?fbclid={{fbclid}}", "", "", None, False),
    ],
)  # fmt: skip
def test_what_an_address_tells(query, ad, campaign, click, is_paid):
    landing = read_address(SHOP + query)
    found = landing.click and (landing.click.kind, landing.click.value)
    assert (landing.path, landing.ad_id, landing.campaign_id, found, landing.is_paid) == (
        "/p",
        ad,
        campaign,
        click,
        is_paid,
    )
    assert bool(landing.macros) == any(sign in query for sign in ("ad.id", "{creative}", "__CID__"))


@pytest.mark.parametrize(
    "address",
    ["", "/", "x", "http://[", "//[::1", "?", "#", "?&=&", "?=%", "%", "?a=%zz", "é?é=é", "javascript:alert(1)"],
)
def test_any_text_may_be_an_address(address):
    assert read_address(address).click is None


@pytest.mark.parametrize(
    ("value", "named", "kind"),
    [
        (FB, "", "fbclid"), (FB, "gclid", "fbclid"), (G, "", "gclid"), (G, "fbclid", "gclid"), (G, "wbraid", "wbraid"),
        ("PAZXh0bgNhZW0", "", "fbclid"), (f"fb.1.1793527200000.{FB}", "", "fbclid"), (f"fb.1.1793527200000.{G}", "", "gclid"),
        ("0AAAAAabcd", "", "gbraid"), ("0123456789abcdef0123456789abcdef", "gclid", "msclkid"),
        ("unknown form", "", ""), ("unknown form", "ttclid", "ttclid"), ("unknown form", "nonsense", ""), ("", "", ""), (None, "gclid", "gclid"),
    ],
)  # fmt: skip
def test_the_kind_of_a_click_id_is_read_from_its_form_and_then_its_source(value, named, kind):
    assert kind_of(value, named) == kind


@pytest.mark.parametrize("field", ["fbclid", "gclid", "gbraid", "wbraid", "msclkid", "fbc", "click_id"])
@pytest.mark.parametrize(
    ("value", "belongs"),
    [(FB, {"fbclid"}), (G, {"gclid", "gbraid", "wbraid"}), ("0123456789abcdef0123456789abcdef", {"msclkid"})],
)
@pytest.mark.parametrize("platform_kind", ["fbclid", "gclid"])
def test_a_click_id_is_told_to_its_own_platform_whatever_field_it_came_in(field, value, belongs, platform_kind):
    person = person_of({field: value}, click_id_is=platform_kind)
    assert {name for name, values in person.known.items() if value in values} <= belongs
    assert any(value in values for values in person.known.values())
    assert not readable_fbc(f"fb.1.1793527200000.{G}")
