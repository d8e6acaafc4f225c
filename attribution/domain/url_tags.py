"""The parameters by which a landing page knows which ad a click was on, as each platform fills them in."""

from __future__ import annotations

from urllib.parse import parse_qsl

META = {"utm_source": "meta", "utm_medium": "paid", "utm_campaign": "{{campaign.name}}", "utm_id": "{{campaign.id}}", "utm_content": "{{ad.id}}", "ad_id": "{{ad.id}}"}  # fmt: skip
GOOGLE = {
    "utm_source": "google",
    "utm_medium": "cpc",
    "utm_id": "{campaignid}",
    "utm_content": "{creative}",
    "ad_id": "{creative}",
}
WANTED = {"meta": META, "google": GOOGLE}
AD_MACROS = {"meta": ("{{ad.id}}",), "google": ("{creative}",)}
READ_FROM = ("ad_id", "hsa_ad", "utm_content")
"""Parameters in which a landing page looks for an ad's id."""


def names_ad(tags: str, platform: str, ad_id: str) -> bool:
    """Whether an address with these tags tells the ad: by the platform's macro, or by the ad's own id, in a parameter that is read."""
    given = dict(parse_qsl(tags.replace("{lpurl}", "").lstrip("? "), keep_blank_values=True))
    wanted = (*AD_MACROS[platform], ad_id)
    return any(given.get(name) in wanted for name in READ_FROM)


def completed_tags(tags: str, platform: str) -> str:
    """The tags with what is missing: Meta's `url_tags`, Google's final URL suffix. What is there stays, but for an `ad_id` of no use."""
    given = dict(parse_qsl(tags.replace("{lpurl}", "").lstrip("? "), keep_blank_values=True))
    whole = {**WANTED[platform], **given, "ad_id": WANTED[platform]["ad_id"]}
    return "&".join(f"{name}={value}" for name, value in whole.items())
