"""Ads that nobody recognises: Google is asked whose a click was, and Health tells which ads have no working tag."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db.models import Sum

from attribution.actions.ads.pull_ad_performance import pull_ad_performance
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.domain.url_tags import completed_tags, names_ad
from attribution.models import LedgerEntry, Touchpoint
from attribution.selectors import account_gaps, untagged_ads
from stratum.core.clock import now
from stratum.core.models import Ad
from stratum.core.periods import Period, local_day
from stratum.sandbox import AccountProfile
from tests.town import Town, open_town

PROFILE = AccountProfile(external_id="4155550111", platform="google", campaigns=3, ad_sets=4, ads=8)


@pytest.fixture
def town(transactional_db, live_server, settings) -> Iterator[Town]:
    with open_town(live_server, settings, history_days=5, accounts=(PROFILE,)) as opened:
        yield opened


def won_deal(town, ad_id):
    click = town.control("click", ad_id=ad_id, consent=2, send=True)
    lead = town.control("lead", click_id=click["click_id"], amount="900.00", currency="USD")
    town.control("deal", deal_id=lead["deal_id"], stage="won")
    return Touchpoint.objects.filter(touchpoint_id=click["touchpoint_id"])


def test_google_tells_whose_an_untagged_click_was_and_it_is_credited(town):
    bare, whole, *_ = town.sandbox.world.accounts[0].ads
    town.control("present", id=bare.id, is_tagged=False, url_tags="")
    town.control("present", id=whole.campaign_id, has_asset_groups=True)
    touches = [won_deal(town, bare.id), won_deal(town, whole.id)]
    town.hear()
    assert [touch.get().ad_external_id for touch in touches] == ["", ""]
    assert not LedgerEntry.objects.exclude(ad=None).exists()

    town.account.clicks_named_on -= timedelta(days=1)
    pull_ad_performance(town.account, now=now())
    refresh_due_deals(town.workspace, now=now())
    assert [touch.get().ad_external_id for touch in touches] == [bare.id, f"rest:{whole.campaign_id}"]
    credited = LedgerEntry.objects.exclude(ad=None).values_list("ad__external_id").annotate(Sum("amount"))
    assert {ad for ad, amount in credited if amount > 0} == {bare.id, f"rest:{whole.campaign_id}"}
    asked = len(town.asked("googleAds:search"))
    pull_ad_performance(town.account, now=now())
    assert len(town.asked("googleAds:search")) - asked < 10, "clicks are asked for once a day"

    today = local_day(now(), town.account.timezone)
    (gap,) = [one for one in account_gaps(Period(today - timedelta(days=5), today)) if "Performance Max" in one.why]
    assert gap.untold > 0
    page = town.signed_in("owner@example.com").get(f"{town.url}/health/", timeout=20).text
    assert "Performance Max" in page and "Ads whose clicks do not name them" in page
    assert bare.id not in {one.external_id for one in untagged_ads(now())}, "a click was tied to it"


def test_spending_ads_without_a_working_tag_are_listed_with_the_money_at_risk(town):
    bare, *_ = town.sandbox.world.accounts[0].ads
    assert {one.why[:9] for one in untagged_ads(now())} <= {"its tags "}, "tags that name the ad are believed at first"
    town.control("present", id=bare.id, url_tags="utm_content=blue-banner")
    pull_ad_performance(town.account, now=now())
    (found,) = [one for one in untagged_ads(now()) if one.why == "its address does not name the ad"]
    assert (found.external_id, found.spend > 0) == (bare.id, True)
    assert names_ad(found.tags, "google", bare.id) and "utm_content=blue-banner" in found.tags
    assert Ad.objects.get(external_id=bare.id).url_tags == "utm_content=blue-banner"


TAGS = [
    ("ad_id={{ad.id}}", "meta", True),
    ("utm_source=fb&utm_content={{ad.id}}", "meta", True),
    ("?utm_content=123", "meta", True),
    ("utm_content={{ad.name}}", "meta", False),
    ("utm_content=blue-banner&utm_id={{campaign.id}}", "meta", False),
    ("", "meta", False),
    ("{lpurl}?ad_id={creative}", "google", True),
    ("utm_content={{ad.id}}", "google", False),
    ("hsa_ad={creative}", "google", True),
]


@pytest.mark.parametrize(("tags", "platform", "works"), TAGS)
def test_tags_name_an_ad_or_are_completed(tags, platform, works):
    assert names_ad(tags, platform, "123") == works
    whole = completed_tags(tags, platform)
    assert names_ad(whole, platform, "123") and completed_tags(whole, platform) == whole
