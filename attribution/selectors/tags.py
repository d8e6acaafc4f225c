"""Ads whose clicks do not tell which ad they were on, and the money that is at risk for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef, Sum

from attribution.domain.url_tags import WANTED, completed_tags, names_ad
from attribution.models import Touchpoint
from stratum.core.models import Ad, AdDay

LOOKED_AT = timedelta(days=14)
ENOUGH_CLICKS = 30
"""So many clicks that the platform counts and of which none arrived with the ad's id are no chance."""


@dataclass(frozen=True)
class UntaggedAd:
    """`spend` of the last 14 days, major units of the account's currency. `tags`: what to set, Meta's URL parameters or Google's final URL suffix."""

    ad_id: int
    external_id: str
    name: str
    account_name: str
    currency: str
    spend: Decimal
    clicks: int
    why: str
    tags: str


def untagged_ads(now: datetime) -> list[UntaggedAd]:
    """Spending ads without a working tag, the most expensive first.

    A tag works once a click came with the ad's id. Until then what the platform adds to the address is believed, but for an ad with many
    clicks of which none came so.
    """
    since = now - LOOKED_AT
    spent = AdDay.objects.filter(
        day__gte=since.date(), spend__gt=0, ad__is_remainder=False, ad__account__platform__in=WANTED
    )
    arrived = Touchpoint.objects.filter(ad=OuterRef("pk"), kind=Touchpoint.Kind.AD_CLICK, occurred_at__gte=since)
    sums = {row["ad"]: row for row in spent.values("ad").annotate(spend=Sum("spend"), clicks=Sum("clicks")).order_by()}
    ads = Ad.objects.filter(pk__in=sums).filter(~Exists(arrived)).select_related("account")
    found = [_untagged(ad, sums[ad.pk]["spend"], sums[ad.pk]["clicks"]) for ad in ads.order_by("id")]
    return sorted(filter(None, found), key=lambda one: (-one.spend, one.ad_id))


def _untagged(ad: Ad, spend: Decimal, clicks: int) -> UntaggedAd | None:
    platform, tags = ad.account.platform, ad.url_tags
    if tags is not None and names_ad(tags, platform, ad.external_id):
        if clicks < ENOUGH_CLICKS:
            return None
        why = f"its tags name it, and none of {clicks:,} clicks arrived with them: is Stratum's tag on its page, and does a redirect drop them?"
    elif tags is None and clicks < ENOUGH_CLICKS:
        return None
    else:
        why = "its address does not name the ad" if tags is not None else f"none of {clicks:,} clicks named the ad"
    return UntaggedAd(
        ad.pk, ad.external_id, ad.name, ad.account.name, ad.account.currency, spend, clicks, why, completed_tags(tags or "", platform)
    )  # fmt: skip
