"""Full days, today apart, and comparisons that age alone cannot turn red."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from dashboard.query import Query
from dashboard.templatetags.figures import change
from stratum.core import clock
from stratum.core.models import Ad, AdAccount, AdDay, AdSet, Campaign
from tests.sampler.conftest import NOW

TODAY = date(2026, 11, 20)


@pytest.fixture
def live(workspace, monkeypatch):
    """A connected account with thirty days of spend up to now, the last one not over; in New York it is 10 o'clock."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr("dashboard.today.now", lambda: NOW)
    owned = {"workspace": workspace}
    account = AdAccount.objects.create(**owned, platform="meta", external_id="1", name="Live", currency="USD", timezone="America/New_York")  # fmt: skip
    campaign = Campaign.objects.create(**owned, account=account, external_id="c", name="Spring")
    ad_set = AdSet.objects.create(**owned, account=account, external_id="s", name="Broad", campaign=campaign)
    ad = Ad.objects.create(**owned, account=account, external_id="a", name="Ad", ad_set=ad_set)
    AdDay.objects.bulk_create(
        AdDay(**owned, day=TODAY - timedelta(days=n), ad=ad, spend=Decimal(100 if n else 7), impressions=10, clicks=5, reported_at=NOW)
        for n in range(60)
    )  # fmt: skip
    return account


def test_a_period_ends_with_the_last_full_day_and_today_is_apart(live, workspace, read):
    period = Query.read({}, workspace).period
    assert (period.start, period.end) == (TODAY - timedelta(days=28), TODAY - timedelta(days=1))
    text = read("/")
    assert "Today so far, Fri 20 Nov" in text
    assert "Spend 2,800 USD" in text, "28 full days"


def test_a_day_is_full_once_it_is_over_in_every_account(live, workspace):
    AdAccount.objects.create(workspace=workspace, platform="meta", external_id="2", currency="USD", timezone="Pacific/Honolulu")  # fmt: skip
    assert Query.read({}, workspace).period.end == TODAY - timedelta(days=1)
    AdAccount.objects.create(workspace=workspace, platform="meta", external_id="3", currency="USD", timezone="Pacific/Kiritimati")  # fmt: skip
    assert Query.read({}, workspace).period.end == TODAY - timedelta(days=1)


def test_what_is_too_young_to_compare_has_neither_arrow_nor_colour(live, read):
    text = read("/")
    assert "▼" not in text, "no revenue has ripened yet"


@pytest.mark.parametrize(
    ("ripening", "shown"),
    [(Decimal(1), "▼ 50.0 %"), (Decimal(2), "unchanged"), (Decimal(3), "▲ 50.0 %"), (None, "–")],
)
def test_a_change_counts_what_young_clicks_are_still_to_earn(ripening, shown):
    assert shown in change(Decimal(1), Decimal(2), "up", ripening)


def test_the_tabs_have_their_names_and_each_row_leads_below(live, read, client):
    text = read("/performance/?level=platform")
    assert "Platforms Audiences Campaigns Ad sets Ads" in text
    assert "meta" in text
    assert "Spring" in read("/performance/?level=campaign&platform=meta")
    assert "Spring" not in read("/performance/?level=campaign&platform=google")
    assert "Broad" in read("/performance/?level=adset&audience=")
    assert "Broad" not in read("/performance/?level=adset&audience=Founders")
