from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from attribution.actions.credit.match_again import match_again_for_ads
from attribution.domain.remainders import remainder_id
from attribution.identity import hashed
from attribution.models import Touchpoint
from stratum.core.models import AdAccount
from stratum.core.periods import day_begins, local_day
from stratum.platforms.google_ads import GoogleAds
from stratum.platforms.google_days import Click

LONGEST_DAYS = 45
"""A click earns for no longer; Google tells of 90 days."""

NAME = """
    UPDATE attribution_touchpoint touch SET ad_external_id = told.ad, campaign_external_id = told.campaign
    FROM unnest(%(clicks)s::bigint[], %(ads)s::text[], %(campaigns)s::text[]) AS told (click, ad, campaign)
    WHERE touch.workspace_id = %(workspace)s AND touch.click_hash = told.click AND touch.ad_id IS NULL AND touch.ad_external_id = ''
      AND touch.kind = 'ad_click' AND touch.click_id_kind = 'gclid'
"""


def name_clicks(account: AdAccount, google: GoogleAds, *, now: datetime) -> int:
    """Asks Google which ads the clicks were on whose address did not tell, and has their deals matched again. Returns how many got an ad.

    Once a day, for each day since the one before the last time that has such clicks. A click on no single ad (Performance Max) counts for
    what its campaign did and no ad explains.
    """
    today = local_day(now, account.timezone)
    if account.clicks_named_on == today:
        return 0
    longest = today - timedelta(days=LONGEST_DAYS)
    first = max(account.clicks_named_on - timedelta(days=1), longest) if account.clicks_named_on else longest
    days = (first + timedelta(days=number) for number in range((today - first).days + 1))
    named = sum(_name(account, google.clicks(day)) for day in days if _untold(account, day).exists())
    account.clicks_named_on = today
    account.save(update_fields=["clicks_named_on"])
    return named


def _untold(account: AdAccount, day: date) -> QuerySet[Touchpoint]:
    bounds = (day_begins(one, account.timezone) for one in (day, day + timedelta(days=1)))
    clicks = Touchpoint.objects.filter(kind=Touchpoint.Kind.AD_CLICK, click_id_kind="gclid", ad=None, ad_external_id="")
    return clicks.filter(occurred_at__range=tuple(bounds)).exclude(click_hash=None)


def _name(account: AdAccount, clicks: Iterable[Click]) -> int:
    told = [
        (hashed(account.workspace_id, "click", one.gclid), one.ad_id or remainder_id(one.campaign_id), one.campaign_id)
        for one in clicks
        if one.ad_id or one.campaign_id
    ]
    if not told:
        return 0
    hashes, ads, campaigns = map(list, zip(*told, strict=True))
    values = {"workspace": account.workspace_id, "clicks": hashes, "ads": ads, "campaigns": campaigns}
    with connection.cursor() as cursor:
        cursor.execute(NAME, values)
        named = cursor.rowcount
    match_again_for_ads(sorted(set(ads)))
    return named
