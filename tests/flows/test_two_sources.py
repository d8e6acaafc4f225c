"""One ad, told of by a file and by its own account: its days count once, and its credit goes to the ad that holds the budget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from attribution.actions.ads.import_ad_days import import_sent_ad_days
from attribution.actions.ads.pull_ad_performance import pull_ad_performance
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.models import LedgerEntry
from attribution.row_fields import AD_DAY, DEAL, TOUCHPOINT
from attribution.selectors import intake_notes, totals
from stratum.core.models import Ad, AdAccount, AdDay, AuditEntry
from stratum.core.periods import Period
from stratum.core.rows import read_row
from stratum.core.sent_rows import SentRow
from stratum.sandbox import AccountProfile, Sandbox, SandboxConfig

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
LONG_AGO = (NOW - timedelta(days=200)).date()


@pytest.fixture(scope="module")
def market():
    profile = AccountProfile(currency="USD", campaigns=1, campaign_budgets=0, ad_sets=1, ads=2)
    config = SandboxConfig(history_days=5, now=NOW.isoformat(), accounts=(profile,), deliver_history=False)
    with Sandbox(config).start() as started:
        yield started


@pytest.fixture
def account(workspace, market, settings):
    settings.META_GRAPH_URL = market.graph_url
    profile = market.config.accounts[0]
    return AdAccount(
        workspace=workspace, platform="meta", external_id=profile.external_id, name=profile.name, currency="USD",
        timezone=profile.timezone, access_token=market.config.access_token,
    )  # fmt: skip


def days_of_account(account):
    account.save()
    pull_ad_performance(account, now=NOW)
    return [
        (day, ad, spend)
        for day, ad, spend in AdDay.objects.filter(ad__account=account, ad__is_remainder=False).values_list(
            "day", "ad__external_id", "spend"
        )
    ]


def from_file(workspace, days, currency=None):
    rows = [
        {"date": f"{day}", "ad_id": ad, "spend": str(spend), "impressions": 9, "clicks": 3, "currency": currency}
        for day, ad, spend in days
    ]
    return import_sent_ad_days(workspace, [SentRow(n, read_row(row, AD_DAY)) for n, row in enumerate(rows)])


def a_won_deal(workspace, ad_id):
    click = {
        "touchpoint_id": "t",
        "occurred_at": (NOW - timedelta(days=2)).isoformat(),
        "kind": "ad_click",
        "ad_id": ad_id,
        "anonymous_id": "x",
        "consent": 2,
    }
    record_touchpoints(workspace, [read_row(click, TOUCHPOINT)])
    won = {
        "deal_id": "d",
        "created_at": (NOW - timedelta(days=1)).isoformat(),
        "amount": "100",
        "is_won": True,
        "anonymous_id": "x",
    }
    import_deals(workspace, [read_row(won, DEAL)])


def spend_and_credit():
    """What ads spent in all time, and the accounts whose ads are credited."""
    credits = LedgerEntry.objects.exclude(ad=None).values("ad__account").annotate(credit=Sum("credit")).order_by()
    unexplained = AdDay.objects.filter(ad__is_remainder=True).aggregate(spend=Sum("spend"))["spend"] or 0
    return totals(Period(LONG_AGO, NOW.date())).spend - unexplained, {
        row["ad__account"] for row in credits if row["credit"]
    }


def test_history_by_file_is_taken_over_by_the_account_that_is_connected_later(workspace, account):
    told = days_of_account(account)
    reported = sum(spend for *_, spend in told)
    account.delete()
    ad = told[0][1]
    from_file(workspace, [*told, (LONG_AGO, ad, Decimal(5))])
    a_won_deal(workspace, ad)
    assert spend_and_credit() == (reported + 5, {AdAccount.objects.get(platform="import").pk})

    account.pk = None
    days_of_account(account)
    refresh_due_deals(workspace, now=NOW)
    assert spend_and_credit() == (reported + 5, {account.pk})
    assert Ad.objects.get(external_id=ad).account == account
    entry = AuditEntry.objects.get(action="imported ads taken over").data
    assert (entry["days_twice"], entry["days_moved"], entry["clicks_moved"]) == (len(told), 1, 1)

    assert "took over" in intake_notes(NOW)[0].text

    days_of_account(account)
    assert AuditEntry.objects.filter(action="imported ads taken over").count() == 1
    assert spend_and_credit()[0] == reported + 5


def test_a_file_adds_to_a_connected_account_only_the_days_that_it_lacks(workspace, account):
    told = days_of_account(account)
    reported, ad = sum(spend for *_, spend in told), told[0][1]
    outcome = from_file(
        workspace,
        [
            *((day, ad, spend + 1) for day, ad, spend in told),
            (LONG_AGO, ad, Decimal(5)),
            (LONG_AGO, "another", Decimal(2)),
        ],
    )
    assert (outcome.stored, outcome.rejected) == (2, 0)
    assert "days of ads that a connected account reports itself" in " ".join(outcome.sentences())
    a_won_deal(workspace, ad)
    assert spend_and_credit() == (reported + 7, {account.pk})
    assert from_file(workspace, [(LONG_AGO, ad, Decimal(5))], currency="EUR").problems[0].field == "currency"
