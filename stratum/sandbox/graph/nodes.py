"""Accounts, campaigns, ad sets and ads as the Graph API shows them: budgets as strings of minor units."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from stratum.sandbox.market import money
from stratum.sandbox.market.structure import Account, Ad, AdSet, Campaign, a_day
from stratum.sandbox.market.world import World

SETTLED_CONVERSIONS = 50


def meta_time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S%z")


def account_json(world: World, account: Account, now: datetime) -> dict[str, Any]:
    spent = sum(
        facts.spend for (ad_id, _), facts in world.facts.days.items() if world.ads[ad_id].account_id == account.id
    )
    shift = now.astimezone(account.zone()).utcoffset() or timedelta(0)
    return {
        "id": f"act_{account.id}",
        "account_id": account.id,
        "name": account.name,
        "currency": account.currency,
        "timezone_name": account.stated_timezone or account.timezone,
        "timezone_offset_hours_utc": shift.total_seconds() / 3600,
        "account_status": 1,
        "disable_reason": 0,
        "min_daily_budget": money.minimum_daily_budget(account.currency),
        "amount_spent": str(round(spent * money.offset(account.currency))),
        "balance": "0",
        "spend_cap": "0",
        "created_time": meta_time(world.opened_at),
    }


def campaign_json(world: World, campaign: Campaign, now: datetime) -> dict[str, Any]:
    return {
        **_frame(campaign, world),
        "objective": campaign.objective,
        "buying_type": "AUCTION",
        "bid_strategy": "LOWEST_COST_WITHOUT_CAP" if a_day(campaign) is not None else None,
        "daily_budget": _minor(campaign.daily_budget),
        "lifetime_budget": _minor(campaign.lifetime_budget),
        "budget_remaining": _remaining(world, campaign),
        "start_time": _local(world, campaign, campaign.created_at),
        "stop_time": _local(world, campaign, campaign.ends_at),
        "is_adset_budget_sharing_enabled": False,
        "special_ad_categories": [],
        "effective_status": campaign.shown_status or campaign.status,
    }


def ad_set_json(world: World, ad_set: AdSet, now: datetime) -> dict[str, Any]:
    campaign = world.campaigns[ad_set.campaign_id]
    pixel = world.account_by_id[ad_set.account_id].pixel_id
    return {
        **_frame(ad_set, world),
        "campaign_id": ad_set.campaign_id,
        "campaign": {"id": campaign.id, "name": campaign.name, "daily_budget": _minor(campaign.daily_budget)},
        "daily_budget": _minor(ad_set.daily_budget) if ad_set.daily_budget is not None else "0",
        "lifetime_budget": _minor(ad_set.lifetime_budget) or "0",
        "budget_remaining": _remaining(world, ad_set),
        "optimization_goal": "OFFSITE_CONVERSIONS",
        "billing_event": "IMPRESSIONS",
        "bid_strategy": "LOWEST_COST_WITHOUT_CAP",
        "start_time": _local(world, ad_set, ad_set.created_at),
        "end_time": _local(world, ad_set, ad_set.ends_at),
        "effective_status": ad_set.shown_status or _effective(ad_set.status, campaign.status),
        "learning_stage_info": _learning(world, ad_set, now),
        "promoted_object": {"pixel_id": pixel, "custom_event_type": "LEAD"},
        "attribution_spec": [
            {"event_type": "CLICK_THROUGH", "window_days": 7},
            {"event_type": "VIEW_THROUGH", "window_days": 1},
        ],
        "targeting": ad_set.targeting,
    }


def ad_json(world: World, ad: Ad, now: datetime) -> dict[str, Any]:
    ad_set, campaign = world.ad_sets[ad.adset_id], world.campaigns[ad.campaign_id]
    return {
        **_frame(ad, world),
        "campaign_id": ad.campaign_id,
        "adset_id": ad.adset_id,
        "campaign": {"id": campaign.id, "name": campaign.name},
        "adset": {"id": ad_set.id, "name": ad_set.name, "daily_budget": _minor(ad_set.daily_budget)},
        "creative": creative_json(ad),
        "effective_status": ad.shown_status or _effective(ad.status, campaign.status, ad_set.status),
    }


def creative_json(ad: Ad) -> dict[str, Any]:
    creative = ad.creative
    return {
        "id": creative.id,
        "account_id": ad.account_id,
        "name": creative.name,
        "title": creative.title,
        "body": creative.body,
        "object_type": {"VIDEO": "VIDEO", "IMAGE": "PHOTO", "CAROUSEL": "SHARE"}[creative.kind],
        "call_to_action_type": creative.call_to_action,
        "status": "ACTIVE",
        "url_tags": ad.url_tags or None,
    }


def _frame(node: Campaign | AdSet | Ad, world: World) -> dict[str, Any]:
    return {
        "id": node.id,
        "account_id": node.account_id,
        "name": node.name,
        "status": node.status,
        "configured_status": node.status,
        "created_time": _local(world, node, node.created_at),
        "updated_time": _local(world, node, node.updated_at),
    }


def _local(world: World, node: Campaign | AdSet | Ad, at: datetime | None) -> str | None:
    """In the account's time zone."""
    return at and meta_time(at.astimezone(world.account_by_id[node.account_id].zone()))


def _remaining(world: World, holder: Campaign | AdSet) -> str:
    """Of a lifetime budget what its ads have not spent."""
    if holder.lifetime_budget is None:
        return _minor(holder.daily_budget) or "0"
    ads = {ad.id for ad in world.ads.values() if holder.id in (ad.adset_id, ad.campaign_id)}
    spent = sum(facts.spend for (ad_id, _), facts in world.facts.days.items() if ad_id in ads)
    return str(max(holder.lifetime_budget - round(spent * world.account_by_id[holder.account_id].units()), 0))


def _minor(budget: int | None) -> str | None:
    return None if budget is None else str(budget)


def _effective(own: str, campaign: str, ad_set: str = "ACTIVE") -> str:
    if own != "ACTIVE":
        return own
    if campaign != "ACTIVE":
        return "CAMPAIGN_PAUSED"
    return own if ad_set == "ACTIVE" else "ADSET_PAUSED"


def _learning(world: World, ad_set: AdSet, now: datetime) -> dict[str, Any]:
    """LEARNING until fifty conversions since the last edit of the budget; FAIL when a week did not bring them."""
    since = ad_set.edited_at or ad_set.created_at
    ads = {ad.id for ad in world.ads.values() if ad.adset_id == ad_set.id}
    found = sum(facts.leads for (ad_id, day), facts in world.facts.days.items() if ad_id in ads and day >= since.date())
    late = now - since > timedelta(days=7)
    status = "SUCCESS" if found >= SETTLED_CONVERSIONS else "FAIL" if late else "LEARNING"
    return {"status": status, "conversions": int(found), "last_sig_edit_ts": int(since.timestamp())}
