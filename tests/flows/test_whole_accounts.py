"""Whole accounts: what no ad explains is a line of its own, and every total is the platform's own, to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution.actions.ads.pull_ad_performance import pull_ad_performance
from attribution.domain.remainders import OF_ACCOUNT, remainders
from attribution.models import ExchangeRate
from attribution.selectors import Level, Loading, by_level, foreign_spend, loading, totals, trend
from sampler.actions.propose_plan import propose_plan
from sampler.selectors import why_nothing_may_move
from stratum.core.models import Ad, AdAccount, AdDay, Campaign
from stratum.core.periods import Period
from stratum.platforms.account_days import DayTotal
from stratum.platforms.ads import platform_of
from stratum.platforms.http import Refused
from stratum.sandbox import AccountProfile, Sandbox, SandboxConfig

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
PROFILES = {
    "meta": AccountProfile(campaigns=3, campaign_budgets=1, ad_sets=4, ads=8),
    "google": AccountProfile(external_id="4155550111", platform="google", campaigns=3, ad_sets=4, ads=8),
}
PERIOD = Period(date(2026, 11, 10), date(2026, 11, 20))


def connected(workspace, market, settings):
    settings.META_GRAPH_URL = settings.GOOGLE_ADS_URL = market.graph_url
    profile = market.config.accounts[0]
    return AdAccount.objects.create(
        workspace=workspace, platform=profile.platform, external_id=profile.external_id, name=profile.name,
        currency=profile.currency, timezone=profile.timezone, access_token=market.config.access_token,
    )  # fmt: skip


def opened(platform, days=5, **more):
    profile = replace(PROFILES[platform], **more)
    return Sandbox(SandboxConfig(history_days=days, now=NOW.isoformat(), accounts=(profile,), deliver_history=False))


def own_totals(account):
    days = [PERIOD.start + timedelta(days=n) for n in range(11)]
    spent = {day: platform_of(account).spend_of(account.external_id, day) for day in days}
    return {day: spend for day, spend in spent.items() if spend}


@pytest.mark.parametrize("platform", ["meta", "google"])
def test_every_total_is_the_accounts_own_whatever_the_ads_say(workspace, settings, platform):
    with opened(platform).start() as market:
        account = connected(workspace, market, settings)
        truth = market.world.accounts[0]
        gone, hidden, *_ = truth.ads
        market.perform("edit", {"id": gone.id, "status": "DELETED"})
        market.perform("present", {"id": hidden.id, "is_untold": True})
        if platform == "google":
            market.perform("present", {"id": truth.campaigns[1].id, "has_asset_groups": True})
            one, other = [one for one in truth.ad_sets if one.campaign_id == truth.campaigns[0].id]
            shared = next(ad for ad in truth.ads if ad.adset_id == other.id)
            market.perform("present", {"id": shared.id, "also_in": one.id})
        pull_ad_performance(account, now=NOW)
        own = own_totals(account)
        assert own and {day.day: day.figures.spend for day in trend(PERIOD)} == own
        assert totals(PERIOD).spend == sum(own.values())
        for level in (Level.CAMPAIGN, Level.AD, Level.PLATFORM):
            assert sum(row.figures.spend for row in by_level(level, PERIOD)) == sum(own.values())
        rests = dict(Ad.objects.filter(is_remainder=True).values_list("external_id", "name"))
        assert rests[OF_ACCOUNT] == "Not told by ad"
        assert Ad.objects.get(external_id=gone.id).status == "ARCHIVED"
        assert AdDay.objects.filter(ad__external_id=gone.id, spend__gt=0).exists(), "a deleted ad's past is its own"
        if platform == "google":
            whole = Campaign.objects.get(external_id=truth.campaigns[1].id)
            line = Ad.objects.get(external_id=f"rest:{whole.external_id}")
            assert (line.ad_set.campaign, line.status) == (whole, "ACTIVE")
            assert sum(AdDay.objects.filter(ad=line).values_list("spend", flat=True)) > 0

        market.perform("present", {"id": hidden.id, "is_untold": False})
        pull_ad_performance(account, now=NOW + timedelta(hours=2))
        assert {day.day: day.figures.spend for day in trend(PERIOD)} == own, "told later: nothing counts twice"
        assert not AdDay.objects.filter(ad__external_id=OF_ACCOUNT, spend__gt=Decimal("0.05")).exists()


cents = st.integers(0, 9_999).map(lambda n: Decimal(n) / 100)
lines = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["a", "b"]), cents), max_size=8)


@given(ads=lines, campaigns=lines, account=st.dictionaries(st.integers(1, 3), cents, max_size=3))
def test_on_each_day_all_lines_add_up_to_the_accounts_own_total(ads, campaigns, account):
    def row(day, campaign, spend):
        return DayTotal(date(2026, 11, day), campaign, campaign, spend, 10, 2, None, None)

    told = [row(*one) for one in ads]
    whole = [row(day, "", spend) for day, spend in account.items()]
    unique = {(day, campaign): row(day, campaign, spend) for day, campaign, spend in campaigns}
    rests = remainders(told, list(unique.values()), whole)
    for total in whole:
        explained = sum(one.spend for one in told if one.day == total.day)
        assert explained + sum(one["spend"] for one in rests if one["date"] == total.day) == total.spend
    assert {one["date"] for one in rests} <= {one.day for one in whole}, "nothing is made up for a day without a total"
    assert all(one["spend"] >= 0 for one in rests if one["ad_id"] != OF_ACCOUNT)
    assert all(one["clicks"] >= 0 and one["impressions"] >= 0 for one in rests)


def test_the_kind_of_result_is_chosen_once(workspace, settings):
    with opened("meta", days=40).start() as market:
        account = connected(workspace, market, settings)
        pull_ad_performance(account, now=NOW)
        assert account.conversion_kind == "omni_purchase"
        for facts in market.world.facts.days.values():
            facts.leads, facts.purchases, facts.purchase_value = facts.leads + 3, 0.0, 0.0
        pull_ad_performance(account, now=NOW + timedelta(hours=2))
        lately = AdDay.objects.filter(day__gt=NOW.date() - timedelta(days=20), ad__is_remainder=False)
        assert set(lately.values_list("conversions", "conversion_value")) == {(0, 0)}, "leads are no purchases"
        account.refresh_from_db()
        assert account.conversion_kind == "omni_purchase"
        account.conversion_kind, account.insights_pulled_at = "lead", None
        pull_ad_performance(account, now=NOW + timedelta(hours=4))
        assert AdDay.objects.filter(conversions__gt=0).exists()


def test_a_history_that_broke_off_goes_on_and_odd_facts_do_not_stop_a_pull(workspace, settings):
    with opened("meta", days=50, stated_timezone="Mars/Olympus").start() as market:
        account = connected(workspace, market, settings)
        market.faults.add("too_much_data", times=None, path="/insights", rows=0)
        with pytest.raises(Exception, match="unknown error"):
            pull_ad_performance(account, now=NOW)
        account.refresh_from_db()
        assert not AdDay.objects.exists() and account.insights_pulled_at is None
        market.faults.clear()
        market.faults.add("row_without_id", path="/insights", times=None)
        pull_ad_performance(account, now=NOW)
        account.refresh_from_db()
        assert account.history_read_from == account.history_wanted_from == NOW.date() - timedelta(days=89)
        assert account.timezone == "America/New_York"
        assert any("time zone" in one["what"] for one in account.answer_findings)
        assert {day.day: day.figures.spend for day in trend(PERIOD)} == own_totals(account), "left out, but not lost"


def test_an_account_in_another_currency_counts_at_the_rate_of_each_day(workspace, settings, client):
    with opened("meta", currency="SEK").start() as market:
        account = connected(workspace, market, settings)
        pull_ad_performance(account, now=NOW)
        own = own_totals(account)
        assert totals(PERIOD).spend == 0
        (left,) = foreign_spend(PERIOD)
        assert left.left_out == left.spend == sum(own.values()) and "SEK" in left.what_to_do
        first, second = sorted(own)[0], sorted(own)[2]
        for day, rate in ((first, "0.10"), (second, "0.12")):
            ExchangeRate.objects.create(workspace=workspace, currency="SEK", day=day, rate=rate, source="bank")
        counted = {day: spend * Decimal("0.10" if day < second else "0.12") for day, spend in own.items()}
        assert {day.day: day.figures.spend for day in trend(PERIOD)} == counted
        assert sum(row.figures.spend for row in by_level(Level.AD, PERIOD)) == sum(counted.values())
        (both,) = foreign_spend(PERIOD)
        assert (both.spend, both.counted, both.what_to_do) == (sum(own.values()), sum(counted.values()), "")


def test_no_plan_is_made_while_history_is_read_and_progress_is_one_figure(workspace, settings):
    with opened("meta", days=40).start() as market:
        account = connected(workspace, market, settings)
        assert loading().percent == 0 and account.name in loading().sentence
        market.faults.add("token_expired", path="/insights", times=None, after=8)
        with pytest.raises(Refused):
            pull_ad_performance(account, now=NOW)
        market.faults.clear()
        account.refresh_from_db()
        days = (NOW.date() - account.history_read_from).days + 1
        assert 28 <= days < 90 and loading().percent == int(100 * days / 90)
        day, plan = NOW.date(), {"now": NOW, "seed": 1}
        assert propose_plan(account, day=day, **plan) is None
        assert "history is still being read" in why_nothing_may_move(account, day=day)
        pull_ad_performance(account, now=NOW)
        assert loading() == Loading(100, (), 0)
        assert propose_plan(account, day=day, **plan) is not None
