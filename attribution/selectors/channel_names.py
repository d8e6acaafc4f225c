"""What people call the channel of a touch."""

from __future__ import annotations

from dataclasses import dataclass

from attribution.domain.click_ids import PLATFORMS as CLICK_ID_PLATFORMS
from stratum.core.models import AdAccount

DIRECT = "Direct"
OWNED = {"email": "E-mail", "sms": "SMS", "push": "Push"}
# What visits call the medium that they came by (utm_medium).
MEDIA = {"email": "E-mail", "e-mail": "E-mail", "sms": "SMS", "push": "Push", "direct": DIRECT, "(none)": DIRECT}
PAID = {"cpc", "ppc", "paid", "paid_social", "paidsocial", "paid-social", "display"}
PLATFORMS = {
    AdAccount.Platform.META: "Meta ads",
    AdAccount.Platform.GOOGLE: "Google ads",
    AdAccount.Platform.IMPORT: "Imported ads",
}
BY_PLATFORM = {
    "meta": "Meta ads",
    "google": "Google ads",
    "microsoft": "Microsoft ads",
    "tiktok": "TikTok ads",
    "linkedin": "LinkedIn ads",
}
CLICK_IDS = {kind: BY_PLATFORM[platform] for kind, platform in CLICK_ID_PLATFORMS.items()}


@dataclass(frozen=True, order=True)
class Source:
    """Where a touch came from. `campaign` has its channel before it, and is the channel alone where none is known."""

    channel: str
    campaign: str
    is_ad: bool


def source_of(kind: str, channel: str, click_id_kind: str, platform: str | None, campaign: str | None) -> Source:
    """Ads by their platform (of the ad, else of the click id), messages by their kind, visits by what they told, else direct."""
    medium = channel.strip().lower()
    is_ad = kind in ("ad_click", "ad_view") or (kind == "web" and medium in PAID)
    if is_ad:
        named = (
            PLATFORMS.get(platform or "")
            or CLICK_IDS.get(click_id_kind)
            or ("" if medium in PAID else channel)
            or "Other ads"
        )
        named = f"{named}, seen" if kind == "ad_view" else named
    else:
        named = OWNED.get(kind) or MEDIA.get(medium) or channel.strip().capitalize() or DIRECT
    return Source(named, f"{named}: {campaign}" if campaign else named, is_ad)
