"""When what the engine believes is not to be trusted: nothing moves until it can be again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from attribution.actions.deals.import_deals import import_deals
from sampler.actions.write_portfolio import NotSound, write_portfolio
from sampler.domain import AdRows, Portfolio, PortfolioConfig, ValueEvents
from sampler.domain.model_health import Day, gone_silent, out_of_touch
from sampler.models import Plan, PortfolioState
from sampler.selectors.guard import surroundings_of
from sampler.selectors.model_health import doubts_of
from stratum.core.models import Ad, AdAccount, AdDay, AdSet, Campaign, Workspace
from tests.attribution.test_ledger import deal

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "inside", "in_doubt"),
    [(4, 0, False), (5, 0, True), (10, 3, True), (10, 4, False), (14, 5, True), (14, 6, False), (0, 0, False)],
)
def test_one_sound_model_in_a_thousand_would_be_doubted(days, inside, in_doubt):
    said = out_of_touch([Day(2.5, 2, 3, 2.5)] * inside + [Day(2.5, 2, 3, 3.5)] * (days - inside))
    assert bool(said) == in_doubt
    assert not said or f"last {days} days' returns only {inside}" in said


@pytest.mark.parametrize(
    ("stated", "seen", "days", "said"),
    [
        (845.0, 75.0, 3, "is 11.3 times as high as what they returned"),
        (845.0, 75.0, 2, ""),
        (140.0, 75.0, 3, ""),
        (20.0, 75.0, 3, "is 27 % of what they returned"),
        (75.0, 0.0, 3, "is 1000.0 times as high as what they returned"),
    ],
)
def test_a_model_far_off_is_doubted_from_the_third_day_on(stated, seen, days, said):
    """However wide the intervals are that it states."""
    told = out_of_touch([Day(stated, 0.0, 1e6, seen)] * days)
    assert said in told and bool(said) == bool(told)


@pytest.mark.parametrize(
    ("came", "usual", "in_doubt"), [(0, [7] * 14, True), (0, [6] * 14, False), (1, [90] * 14, False), (0, [90] * 13 + [0], False), (0, [], False)]
)  # fmt: skip
def test_silence_is_doubted_where_it_is_rarer_than_once_in_a_thousand(came, usual, in_doubt):
    assert bool(gone_silent(came, usual, hours=6)) == in_doubt


@pytest.fixture
def account(workspace):
    return AdAccount.objects.create(workspace=workspace, platform="meta", external_id="1", name="A", currency="USD")


def leads(workspace, at, count):
    rows = [
        deal("won", deal_id=f"{at}-{n}") | {"created_at": at - timedelta(minutes=n), "updated_at": at} for n in range(count)
    ]  # fmt: skip
    import_deals(workspace, rows)


def test_a_workspace_whose_leads_stopped_is_doubted_until_one_comes(workspace, account):
    for ago in range(1, 15):
        leads(workspace, NOW - timedelta(days=ago), 8)
    (doubt,) = doubts_of(account, now=NOW)
    assert doubt.startswith("No lead came in the last 6 hours, where 8 are usual")
    assert surroundings_of(account, [], now=NOW).doubts == (doubt,), "the guardrails hear of it"
    assert doubts_of(account, now=NOW + timedelta(hours=7)) == (), "then none ever comes"
    leads(workspace, NOW - timedelta(hours=1), 1)
    assert doubts_of(account, now=NOW) == ()


@pytest.mark.parametrize(("brought", "whole", "doubted"), [(250, True, False), (600, True, True), (600, False, False)])
def test_an_account_whose_days_are_not_what_was_said_is_doubted(workspace, account, brought, whole, doubted):
    """What was said of some of its budgets says nothing of the account's days."""
    workspace.revenue_source = Workspace.RevenueSource.PLATFORM
    workspace.save()
    owned = {"workspace": workspace, "account": account}
    ad_set = AdSet.objects.create(**owned, external_id="s", name="s", campaign=Campaign.objects.create(**owned, external_id="c", name="c"))  # fmt: skip
    ad = Ad.objects.create(**owned, external_id="a", name="a", ad_set=ad_set)
    for ago in range(1, 13):
        day = date(2026, 11, 20) - timedelta(days=ago)
        AdDay.objects.create(workspace=workspace, ad=ad, day=day, spend=100, impressions=9, clicks=9, conversions=1, conversion_value=brought, reported_at=NOW)  # fmt: skip
        Plan.objects.create(
            **owned, day=day, seed=1, total=1, currency="USD", created_at=NOW, inputs={"holders": []}, expected=2.5, low=2, high=3, is_whole=whole
        )  # fmt: skip
    assert bool(doubts_of(account, now=NOW)) == doubted


@pytest.mark.parametrize(("expected", "doubted"), [(2.5, False), (90.0, True)])
def test_an_account_from_a_file_is_held_against_its_days_too(workspace, account, expected, doubted):
    AdAccount.objects.update(platform="import")
    workspace.revenue_source = Workspace.RevenueSource.PLATFORM
    workspace.save()
    owned = {"workspace": workspace, "account": AdAccount.objects.get()}
    ad_set = AdSet.objects.create(**owned, external_id="s", name="s", campaign=Campaign.objects.create(**owned, external_id="c", name="c"))  # fmt: skip
    ad = Ad.objects.create(**owned, external_id="a", name="a", ad_set=ad_set)
    for day in (date(2020, 4, 1), date(2020, 4, 2), date(2020, 4, 3)):
        AdDay.objects.create(workspace=workspace, ad=ad, day=day, spend=100, impressions=9, clicks=9, conversions=1, conversion_value=250, reported_at=NOW)  # fmt: skip
        Plan.objects.create(
            **owned, day=day, seed=1, total=1, currency="USD", created_at=NOW, inputs={"holders": []}, expected=expected, low=0.1, high=1e3, is_whole=True
        )  # fmt: skip
    assert bool(doubts_of(owned["account"], now=NOW)) == doubted


def test_a_state_that_is_no_number_is_refused_and_the_last_one_stands(workspace):
    portfolio = Portfolio(PortfolioConfig(), seed=0)
    told = {"drift": {}, "as_of": NOW.date(), "holders": 2, "events": 0, "now": NOW}
    portfolio.observe(1, AdRows([1, 2], [1, 1], [10.0, 5.0], [900.0, 800.0], [9.0, 8.0]), ValueEvents([], [], []))
    sound = write_portfolio("meta", portfolio, **told)
    portfolio._memory.ads["level"][:] = np.nan
    with pytest.raises(NotSound, match=r"meta holds figures that are no numbers: now.*level"):
        write_portfolio("meta", portfolio, **told)
    assert PortfolioState.objects.get().digest == sound.digest
