from __future__ import annotations

import pytest

from attribution.selectors.channel_names import Source, source_of


@pytest.mark.parametrize(
    ("touch", "source"),
    [
        (("ad_click", "", "", "meta", "Prospecting"), Source("Meta ads", "Meta ads: Prospecting", True)),
        (("ad_click", "", "gbraid", None, ""), Source("Google ads", "Google ads", True)),
        (("ad_click", "tiktok", "", None, None), Source("tiktok", "tiktok", True)),
        (("ad_click", "cpc", "", None, ""), Source("Other ads", "Other ads", True)),
        (("ad_view", "", "fbclid", None, ""), Source("Meta ads, seen", "Meta ads, seen", True)),
        (("email", "newsletter", "", None, "spring"), Source("E-mail", "E-mail: spring", False)),
        (("web", "", "", None, ""), Source("Direct", "Direct", False)),
        (("web", "organic", "", None, ""), Source("Organic", "Organic", False)),
        (("web", "Email", "", None, "spring"), Source("E-mail", "E-mail: spring", False)),
        (("web", "CPC", "", None, "brand"), Source("Other ads", "Other ads: brand", True)),
    ],
)
def test_what_people_call_the_source_of_a_touch(touch, source):
    assert source_of(*touch) == source
