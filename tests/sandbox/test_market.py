"""The market is what it says: returns in range, spend within the guard, creatives that tire, the same again from the same seed."""

from __future__ import annotations

import statistics
from collections import Counter
from datetime import UTC, datetime

import pytest

from stratum.sandbox.config import AccountProfile, SandboxConfig
from stratum.sandbox.market import truth
from stratum.sandbox.market.acts import edit_ad_object
from stratum.sandbox.market.touchpoints import touch_row
from stratum.sandbox.market.world import World

OPENED = datetime(2026, 10, 1, 4, tzinfo=UTC)


def run(days: int, seed: int = 7, **config) -> World:
    world = World(SandboxConfig(seed=seed, **config), OPENED)
    for _ in range(days * 24):
        world.run_tick()
    return world


@pytest.fixture(scope="module")
def month() -> World:
    return run(30)


def test_the_account_returns_two_to_four_and_its_ads_differ(month: World) -> None:
    report = truth.report(month)
    expected = sorted(row["expected_roas"] for row in report["ads"])
    assert 1.7 < report["totals"]["roas"] < 4.2
    assert expected[0] < 1.0
    assert expected[-1] > 4.5


def test_a_day_has_hundreds_of_clicks_and_dozens_of_deals(month: World) -> None:
    assert 300 <= len(month.clicks) / 30 <= 700
    assert 15 <= len(month.origins) / 30 <= 40


def test_no_day_spends_more_than_175_percent_of_its_budget(month: World) -> None:
    for auction in month.auctions:
        budgets = dict(zip((s.id for s in auction.account.ad_sets), auction.budgets(), strict=True))
        spent: dict[tuple, float] = {}
        for (ad_id, day), facts in month.facts.days.items():
            key = (month.ads[ad_id].adset_id, day)
            spent[key] = spent.get(key, 0.0) + facts.spend
        shares = [spend / budgets[ad_set] for (ad_set, _), spend in spent.items()]
        assert max(shares) <= 1.75
        assert 0.85 < statistics.median(shares) < 1.15


def test_the_guard_remembers_the_highest_budget_of_the_day() -> None:
    world = run(1)
    ad_set = next(s for s in world.ad_sets.values() if s.daily_budget)
    before = ad_set.daily_budget
    for hour in range(12):
        edit_ad_object(world, world.edge, {"id": ad_set.id, "daily_budget": before * 3 if hour == 6 else before})
        world.run_tick()
    place = [s.id for s in world.accounts[0].ad_sets].index(ad_set.id)
    assert world.auctions[0].highest_today[place] == pytest.approx(before * 3 / 100)


def test_click_rates_fall_with_frequency(month: World) -> None:
    auction = month.auctions[0]
    busiest = auction.frequency().argmax()
    assert auction.freshness()[busiest] < 0.75
    assert World(SandboxConfig(), OPENED).auctions[0].freshness()[busiest] == 1.0


def test_more_budget_buys_less_and_less() -> None:
    def clicks(factor: int) -> float:
        world = World(SandboxConfig(), OPENED)
        for ad_set in world.ad_sets.values():
            ad_set.daily_budget = ad_set.daily_budget and ad_set.daily_budget * factor
        for _ in range(5 * 24):
            world.run_tick()
        return len(world.clicks)

    single, fourfold = clicks(1), clicks(4)
    assert single * 1.3 < fourfold < single * 3


def test_a_paused_ad_gets_nothing_and_its_ad_set_spends_on() -> None:
    world = run(1)
    paused = world.accounts[0].ads[0]
    edit_ad_object(world, world.edge, {"id": paused.id, "status": "PAUSED"})
    before = world.auctions[0].exposures[0]
    hour = world.auctions[0].run_hour(world.edge, world.tick)
    siblings = [i for i, ad in enumerate(world.accounts[0].ads) if ad.adset_id == paused.adset_id and ad is not paused]
    assert hour.impressions[0] == 0
    assert world.auctions[0].exposures[0] <= before
    assert sum(hour.spend[siblings]) > 0


def test_three_in_ten_leads_are_organic_and_a_tenth_refuses_consent(month: World) -> None:
    kinds = [origin.kind for origin in month.origins.values()]
    refused = [click for click in month.clicks if click.consent == 0]
    assert 0.2 < kinds.count("organic") / len(kinds) < 0.42
    assert 0.08 < len(refused) / len(month.clicks) < 0.13


def test_a_third_of_the_ad_leads_come_without_the_cookie_of_their_click(month: World) -> None:
    cookie = {click.touchpoint_id: click.device.anonymous_id for click in month.clicks}
    kept = total = 0
    for deal_id, origin in month.origins.items():
        record = month.crm.find("deals", deal_id)
        contact = (
            month.crm.find("contacts", record.linked["contacts"][0])
            if record and record.linked.get("contacts")
            else None
        )
        seen = contact.properties.get("stratum_anonymous_id") if contact else None
        if origin.kind == "ad" and seen:
            total += 1
            kept += seen == cookie[origin.touchpoint_id]
    assert 0.25 < 1 - kept / total < 0.5


def test_without_consent_the_contact_names_no_browser(month: World) -> None:
    silent = [c for c in month.crm.records["contacts"].values() if c.properties.get("hs_analytics_source") == "OFFLINE"]
    assert silent
    assert all("stratum_ip" not in c.properties and "hs_facebook_click_id" not in c.properties for c in silent)


def test_the_platform_claims_more_than_its_ads_earned(month: World) -> None:
    claimed = sum(facts.purchase_value for facts in month.facts.days.values())
    assert 1.05 < claimed / truth.report(month)["totals"]["ad_revenue"] < 2.0


def test_reported_days_settle_and_some_go_down(month: World) -> None:
    today = month.edge.date()
    changes = []
    for (ad_id, day), facts in month.facts.days.items():
        if (today - day).days >= 28:
            changes.append(month.facts.reported(ad_id, day, today).spend / facts.spend)
    assert min(changes) >= 0.97
    assert 0.05 < sum(change < 1 for change in changes) / len(changes) < 0.6


@pytest.mark.parametrize("currency, zone", [("EUR", "Europe/Berlin"), ("JPY", "Asia/Tokyo")])
def test_other_currencies_return_the_same(currency: str, zone: str) -> None:
    profile = AccountProfile(external_id="555000111", currency=currency, timezone=zone)
    world = run(20, accounts=(profile,))
    assert 1.2 < truth.report(world)["totals"]["roas"] < 4.5


def test_a_b2b_account_uses_the_pipeline_with_numeric_stages() -> None:
    world = run(10, accounts=(AccountProfile(external_id="777", vertical="b2b"),))
    assert {deal.properties["pipeline"] for deal in world.crm.records["deals"].values()} == {"3482933980"}


def test_the_same_seed_gives_the_same_market() -> None:
    first, second, other = run(4), run(4), run(4, seed=8)
    assert truth.report(first) == truth.report(second)
    assert [event.body for event in first.events] == [event.body for event in second.events]
    assert truth.report(first) != truth.report(other)


def test_own_channels_change_nothing_about_what_ads_did():
    plain, full = run(8), run(8, own_channels=True)
    assert truth.report(full) == truth.report(plain)
    assert not plain.touches
    assert {touch.kind for touch in full.touches} == {"web", "email", "sms", "form"}
    forms = {touch.form_id for touch in full.touches if touch.kind == "form"}
    contacts = [record.properties for record in full.crm.records["contacts"].values()]
    assert {one.get("stratum_form_id") for one in contacts} - {None} == forms
    browsers = Counter(touch.device.anonymous_id for touch in full.touches if touch.kind == "form")
    assert browsers.most_common(1)[0][1] > 2, "some devices are shared"
    refused = [touch_row(touch) for touch in full.touches if touch.consent == 0]
    assert refused and not any(row["anonymous_id"] or row["email"] or row["phone"] for row in refused)
