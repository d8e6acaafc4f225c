from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from attribution.actions.ads.keep_audiences import keep_new_audiences
from attribution.actions.ads.store_ad_days import store_ad_days
from attribution.actions.ads.take_over_imported import take_over_imported
from attribution.actions.credit.match_again import match_again_for_ads
from attribution.actions.touches.tie_to_campaigns import tie_to_campaigns
from stratum.core.models import Ad, AdAccount, AdSet, Campaign
from stratum.core.periods import local_day
from stratum.platforms.ads import platform_of
from stratum.platforms.http import Refused
from stratum.platforms.meta_ads import AccountFacts, Structure

RESTATED_DAYS = 28
FIRST_DAYS = 90
BUDGETS = ["daily_budget", "fixed_budget_id", "fixed_budget"]


def pull_ad_performance(account: AdAccount, *, now: datetime) -> int:
    """Reads the account's structure and its last 28 days (platforms restate them) and returns how many ad-days changed.

    The first pull reaches back 90 days, so that beliefs do not start from nothing.

    Days are the account's own. Nothing is stored when the platform's answer is incomplete.
    """
    platform = platform_of(account)
    _check_currency(account, platform.facts(account.external_id))
    today = local_day(now, account.timezone)
    days = RESTATED_DAYS if account.insights_pulled_at else FIRST_DAYS
    rows = [
        _row(insight) for insight in platform.insights(account.external_id, today - timedelta(days=days - 1), today)
    ]
    # Read last, because budgets may be sent meanwhile.
    structure = platform.structure(account.external_id)
    account.minimum_budget = platform.minimum_budgets(account.external_id, currency=account.currency)
    with transaction.atomic():
        _store_structure(account, structure, now, today)
        changed = store_ad_days(account, rows)
        take_over_imported(account)
        account.insights_pulled_at = now
        account.save(update_fields=["insights_pulled_at", "timezone", "minimum_budget"])
    return changed


def _check_currency(account: AdAccount, facts: AccountFacts) -> None:
    """The platform's word on the account. Refused where its money is not what we take it for; its time zone is taken over."""
    if facts.currency != account.currency:
        raise Refused(f"the account counts in {facts.currency}, not in {account.currency}: mend it in the admin")
    account.timezone = facts.timezone


def _row(insight: Any) -> dict[str, Any]:
    names = (
        "ad_id",
        "ad_name",
        "adset_id",
        "campaign_id",
        "campaign_name",
        "spend",
        "impressions",
        "clicks",
        "reach",
        "frequency",
        "conversions",
        "conversion_value",
    )
    return {"date": insight.day, **{name: getattr(insight, name) for name in names}}


def _store_structure(account: AdAccount, structure: Structure, now: datetime, today: date) -> None:
    campaigns = _upsert(Campaign, account, structure.campaigns, lambda one: one.budgets_at(now), BUDGETS)
    ad_sets = _upsert(
        AdSet,
        account,
        structure.ad_sets,
        lambda one: {**one.budgets_at(now), "campaign_id": campaigns[one.campaign_id]},
        [*BUDGETS, "campaign"],
    )
    keep_new_audiences(account, {ad_sets[one.id]: one.audience for one in structure.ad_sets}, day=today)
    _upsert(Ad, account, structure.ads, lambda one: {"ad_set_id": ad_sets[one.adset_id]}, ["ad_set"])
    # All of them: a click may have been on its way in while its ad was being stored, and neither saw the other.
    match_again_for_ads([ad.id for ad in structure.ads])
    tie_to_campaigns()


def _upsert(model: type, account: AdAccount, items: list[Any], more: Any, update: list[str]) -> dict[str, int]:
    rows = [
        model(
            workspace_id=account.workspace_id,
            account=account,
            external_id=one.id,
            name=one.name[:240],
            status=one.status,
            **more(one),
        )
        for one in items
    ]
    model.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["workspace", "account", "external_id"],
        update_fields=["name", "status", *update],
    )
    # What the platform no longer lists was archived or deleted there, and holds no budget any more.
    gone = model.objects.filter(account=account).exclude(external_id__in=[one.id for one in items])
    gone.exclude(status="ARCHIVED").update(status="ARCHIVED")
    return dict(model.objects.filter(account=account).values_list("external_id", "id"))
