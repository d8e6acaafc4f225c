from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Max, OuterRef, Subquery

from attribution.actions.ads.store_ad_days import make_ads
from stratum.core.models import Ad, AdAccount, AdDay

PLACE = {
    "ad_name": "name",
    "adset_id": "ad_set__external_id",
    "campaign_id": "ad_set__campaign__external_id",
    "campaign_name": "ad_set__campaign__name",
}
"""What rows tell of where an ad belongs, and where that is stored."""


def follow_moved_ads(account: AdAccount, rows: Sequence[Mapping[str, Any]]) -> None:
    """Renames and moves stored ads as their newest rows tell, where these are not older than what is stored.

    What a row leaves blank stays as it is.
    """
    newest: dict[str, Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["date"]):
        newest[row["ad_id"]] = row
    last_day = AdDay.objects.filter(ad=OuterRef("pk")).values("ad").annotate(last=Max("day")).values("last")
    known = Ad.objects.filter(account=account, external_id__in=newest).exclude(first_seen_date=None)
    stored = known.annotate(last=Subquery(last_day)).values("external_id", "last", "first_seen_date", *PLACE.values())
    changed = {}
    for ad in stored:
        row = newest[ad["external_id"]]
        place = {name: row.get(name) or ad[column] for name, column in PLACE.items()}
        if (
            row.get("campaign_name")
            and not row.get("campaign_id")
            and row["campaign_name"] != ad[PLACE["campaign_name"]]
        ):
            place["campaign_id"] = row["campaign_name"]
        is_newer = row["date"] >= (ad["last"] or date.min)
        if is_newer and place != {name: ad[column] for name, column in PLACE.items()}:
            changed[ad["external_id"]] = place | {"date": ad["first_seen_date"]}
    if changed:
        make_ads(account, changed, rename_campaigns=True)
