"""An ad set is aimed at somebody else: what it spent and earned before stays with those it was aimed at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import QuerySet, Sum

from attribution.actions.ads.pull_ad_performance import pull_ad_performance
from attribution.models import LedgerEntry
from stratum.core.clock import now
from stratum.core.models import Ad, AdDay, AdSetAudience
from stratum.core.periods import local_day
from stratum.sandbox import AccountProfile
from tests.town import Town, open_town

REAL = datetime.now(UTC)
SMALL = AccountProfile(campaigns=2, campaign_budgets=0, ad_sets=2, ads=2, budget_low_usd=10, budget_high_usd=20)
WOMEN_WHO_RUN = {
    "age_min": 25,
    "age_max": 54,
    "genders": [2],
    "geo_locations": {"countries": ["US"], "location_types": ["home", "recent"]},
    "flexible_spec": [{"interests": [{"id": "6003397496347", "name": "running"}]}],
}


@pytest.fixture
def clock(monkeypatch) -> Callable[[int], None]:
    def days_ago(days: int) -> None:
        monkeypatch.setenv("STRATUM_CLOCK", f"{REAL.isoformat()}/{(REAL - timedelta(days=days)).isoformat()}/1")

    days_ago(3)
    return days_ago


@pytest.fixture
def town(clock, transactional_db, live_server, settings) -> Iterator[Town]:
    with open_town(live_server, settings, history_days=1, now=now().isoformat(), accounts=(SMALL,)) as opened:
        yield opened


def a_won_deal(town: Town, ad: Ad, amount: str) -> None:
    click = town.control("click", ad_id=ad.external_id, consent=2, send=True)
    lead = town.control("lead", click_id=click["click_id"], amount=amount, currency="USD")
    town.control("deal", deal_id=lead["deal_id"], stage="won")
    town.hear()


def booked(lines: QuerySet) -> int:
    return lines.aggregate(whole=Sum("amount"))["whole"]


@pytest.mark.parametrize("basis", ["accrual", "cash"])
def test_an_audience_keeps_what_was_spent_and_earned_before_the_ad_set_was_aimed_anew(town, clock, basis):
    ad = Ad.objects.filter(status="ACTIVE").select_related("ad_set").order_by("id").first()
    old = AdSetAudience.objects.get(ad_set=ad.ad_set).audience
    a_won_deal(town, ad, "900.00")

    town.control("advance", hours=48)
    town.control("aim", adset_id=ad.ad_set.external_id, targeting=WOMEN_WHO_RUN)
    clock(1)
    pull_ad_performance(town.account, now=now())
    a_won_deal(town, ad, "500.00")
    pull_ad_performance(town.account, now=now())

    first, today = (local_day(now() - timedelta(days=days), town.account.timezone) for days in (8, 0))
    lines = AdSetAudience.objects.filter(ad_set=ad.ad_set).order_by("since")
    assert [line.audience for line in lines] == [old, "US, 25–54, women, running"]
    assert lines[1].since == today
    asked = {"from": first, "to": today, "basis": basis}
    rows = {row["name"]: row for row in town.api("roas/segments", **asked)["audiences"]}
    new = rows["US, 25–54, women, running"]
    earned = LedgerEntry.objects.filter(ad_set=ad.ad_set)
    assert Decimal(rows[old]["revenue"]) * 100 == booked(earned.filter(click_date__lt=today)) > 80_000
    assert Decimal(new["revenue"]) * 100 == booked(earned.filter(click_date__gte=today)) > 40_000
    spent = sum(AdDay.objects.filter(ad__ad_set=ad.ad_set, day=today).values_list("spend", flat=True))
    assert Decimal(new["spend"]) == round(spent, 2) > 0
    whole = town.api("roas/metrics", **asked)
    for name in ("spend", "revenue", "clicks"):
        assert sum(Decimal(row[name]) for row in rows.values()) == Decimal(whole[name])


def test_an_audience_that_stays_is_written_down_once(town, clock):
    before = AdSetAudience.objects.count()
    clock(1)
    pull_ad_performance(town.account, now=now())
    assert AdSetAudience.objects.count() == before > 0
