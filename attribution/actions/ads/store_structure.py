from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, Subquery

from attribution.actions.ads.keep_audiences import keep_new_audiences
from attribution.actions.credit.match_again import match_again_for_ads
from attribution.actions.touches.tie_to_campaigns import tie_to_campaigns
from attribution.domain.remainders import PREFIX
from stratum.core.models import Ad, AdAccount, AdSet, Campaign
from stratum.platforms.findings import Findings
from stratum.platforms.meta_ads import Structure

BUDGETS = ["daily_budget", "fixed_budget_id", "fixed_budget"]
ORPHAN = "An ad set or ad inside of one that the platform does not list: left out"


def store_structure(account: AdAccount, structure: Structure, now: datetime, today: date, findings: Findings) -> None:
    """Stores what the platform lists, by its ids. What it does not list any more is left as it is; see `archive_gone`."""
    campaigns = _upsert(Campaign, account, structure.campaigns, lambda one: one.budgets_at(now), BUDGETS)
    ad_sets = _upsert(
        AdSet,
        account,
        _inside(structure.ad_sets, "campaign_id", campaigns, findings),
        lambda one: {**one.budgets_at(now), "campaign_id": campaigns[one.campaign_id]},
        [*BUDGETS, "campaign"],
    )
    told = {ad_sets[one.id]: one.audience for one in structure.ad_sets if one.id in ad_sets}
    keep_new_audiences(account, told, day=today)
    ads = _inside(structure.ads, "adset_id", ad_sets, findings)
    _upsert(
        Ad,
        account,
        ads,
        lambda one: {"ad_set_id": ad_sets[one.adset_id], "url_tags": one.url_tags},
        ["ad_set", "url_tags"],
    )
    # All of them: a click may have been on its way in while its ad was being stored, and neither saw the other.
    match_again_for_ads([ad.id for ad in ads])
    tie_to_campaigns()


def archive_gone(account: AdAccount, structure: Structure) -> None:
    """What the platform no longer lists was archived or deleted there, and holds no budget any more. A remainder is as its campaign is."""
    listed = {Campaign: structure.campaigns, AdSet: structure.ad_sets, Ad: structure.ads}
    for model, items in listed.items():
        gone = model.objects.filter(account=account).exclude(external_id__in=[one.id for one in items])
        gone.exclude(status="ARCHIVED").exclude(external_id__startswith=PREFIX).update(status="ARCHIVED")
    above = AdSet.objects.filter(pk=OuterRef("ad_set_id")).values("campaign__status")
    Ad.objects.filter(account=account, is_remainder=True).update(status=Subquery(above))


def _inside(items: list[Any], parent: str, known: Mapping[str, int], findings: Findings) -> list[Any]:
    for one in items:
        if getattr(one, parent) not in known:
            findings.add(ORPHAN, one.id)
    return [one for one in items if getattr(one, parent) in known]


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
    return dict(model.objects.filter(account=account).values_list("external_id", "id"))
