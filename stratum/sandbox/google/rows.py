"""Campaigns, ad groups, ads and their days as Google Ads shows them: flat, by the names that queries use. Whole numbers are int64."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from stratum.sandbox.google.failures import AdsError
from stratum.sandbox.google.gaql import Query
from stratum.sandbox.market import money
from stratum.sandbox.market.facts import DayFacts
from stratum.sandbox.market.structure import Account, Ad, AdSet, Campaign
from stratum.sandbox.market.world import World

Row = dict[str, Any]
STATUSES = {"ACTIVE": "ENABLED", "PAUSED": "PAUSED"}
SUFFIX = ("final_url_suffix", "tracking_url_template")
CUSTOMER = ("customer.id", "customer.descriptive_name", "customer.currency_code", "customer.time_zone", *(f"customer.{one}" for one in SUFFIX))  # fmt: skip
CAMPAIGN = ("campaign.resource_name", "campaign.id", "campaign.name", "campaign.status", "campaign.serving_status", "campaign.campaign_budget", "campaign.advertising_channel_type", *(f"campaign.{one}" for one in SUFFIX))  # fmt: skip
BUDGET = (
    "campaign_budget.resource_name", "campaign_budget.id", "campaign_budget.amount_micros", "campaign_budget.period",
    "campaign_budget.explicitly_shared", "campaign_budget.reference_count",
)  # fmt: skip
AD_GROUP = ("ad_group.resource_name", "ad_group.id", "ad_group.name", "ad_group.status", *(f"ad_group.{one}" for one in SUFFIX))  # fmt: skip
AD = ("ad_group_ad.ad.id", "ad_group_ad.ad.name", "ad_group_ad.status", *(f"ad_group_ad.ad.{one}" for one in SUFFIX))
CLICK = ("click_view.gclid", "click_view.ad_group_ad", "segments.date")
DAY = ("segments.date", "metrics.cost_micros", "metrics.impressions", "metrics.clicks", "metrics.conversions", "metrics.conversions_value")  # fmt: skip
CURRENCY = ("currency_constant.code", "currency_constant.billable_unit_micros")
FIELDS = {
    "customer": {*CUSTOMER, *DAY},
    "campaign": {*CUSTOMER, *CAMPAIGN, *BUDGET, *DAY},
    "click_view": {*CUSTOMER, *CAMPAIGN, *CLICK},
    "ad_group": {*CUSTOMER, *CAMPAIGN, *AD_GROUP},
    "ad_group_ad": {*CUSTOMER, *CAMPAIGN, *AD_GROUP, *AD, *DAY},
    "currency_constant": {*CURRENCY},
}


def answered(world: World, account: Account, query: Query, now: datetime) -> list[Row]:
    """The rows of a query, nested as JSON. Metrics are added up over what the query does not name."""
    found = [row for row in _rows(world, account, query, now) if all(one.holds(row) for one in query.where)]
    groups: dict[tuple[Any, ...], Row] = {}
    for row in found:
        key = tuple(row[field] for field in query.fields if not field.startswith("metrics."))
        into = groups.setdefault(
            key, {field: row[field] for field in query.fields if field not in row or not _is_metric(field)}
        )
        for field in filter(_is_metric, query.fields):
            into[field] = into.get(field, 0) + row[field]
    return [_nested(row) for row in list(groups.values())[: query.limit]]


def _is_metric(field: str) -> bool:
    return field.startswith("metrics.")


def _rows(world: World, account: Account, query: Query, now: datetime) -> Iterator[Row]:
    if query.resource == "currency_constant":
        yield from (
            {"currency_constant.code": code, "currency_constant.billable_unit_micros": money.billable_micros(code)}
            for code in money.UNITS_PER_USD
        )
        return
    customer = _customer(account)
    named = {*query.fields, *(condition.field for condition in query.where)}
    if query.resource == "click_view":
        yield from _clicks(world, account, customer, query)
    elif named & set(DAY):
        yield from _days(world, account, customer, query.resource, now)
    elif query.resource == "customer":
        yield customer
    elif query.resource == "campaign":
        yield from (customer | campaign_row(account, campaign) for campaign in account.campaigns)
    elif query.resource == "ad_group":
        yield from (
            customer | _ad_group_row(world, account, ad_set)
            for ad_set in account.ad_sets
            if not world.campaigns[ad_set.campaign_id].has_asset_groups
        )
    else:
        yield from (customer | _ad_row(world, account, ad) for ad in account.ads if _is_listed(world, ad))


def _is_listed(world: World, ad: Ad) -> bool:
    """Asset groups are no ads, and some ads are in no report."""
    return not ad.is_untold and not world.campaigns[ad.campaign_id].has_asset_groups


def _clicks(world: World, account: Account, customer: Row, query: Query) -> Iterator[Row]:
    """Of one day, which the query has to name."""
    if [one.operator for one in query.where if one.field == "segments.date"] != ["="]:
        raise AdsError("INVALID_ARGUMENT", ("queryError", "EXPECTED_FILTER_ON_A_SINGLE_DAY"), "Click view asks for a filter on a single day.")  # fmt: skip
    for click in world.clicks:
        campaign = world.campaigns[click.campaign_id]
        if campaign.account_id == account.id and click.click_id:
            ad = world.ads[click.ad_id]
            named = {} if campaign.has_asset_groups else {"click_view.ad_group_ad": f"customers/{account.id}/adGroupAds/{ad.adset_id}~{ad.id}"}  # fmt: skip
            day = click.occurred_at.astimezone(account.zone()).date().isoformat()
            yield customer | campaign_row(account, campaign) | {"click_view.ad_group_ad": None, "click_view.gclid": click.click_id, "segments.date": day} | named  # fmt: skip


def _days(world: World, account: Account, customer: Row, resource: str, now: datetime) -> Iterator[Row]:
    """By ad, one that lies in two groups in halves; of asset groups and hidden ads only what is above them is told."""
    today = now.astimezone(account.zone()).date()
    for ad in account.ads:
        if (resource in ("ad_group_ad", "ad_group") and not _is_listed(world, ad)) or (
            resource == "campaign" and ad.is_untold
        ):
            continue
        whole = customer | _ad_row(world, account, ad)
        for day in sorted(day for ad_id, day in world.facts.days if ad_id == ad.id):
            facts = world.facts.reported(ad.id, day, today)
            if facts is None:
                continue
            metrics = _metrics(facts, account.currency)
            if ad.also_in and resource == "ad_group_ad":
                half = {name: value // 2 for name, value in metrics.items()}
                other = whole | _ad_group_row(world, account, world.ad_sets[ad.also_in])
                yield other | {"segments.date": day.isoformat()} | half
                metrics = {name: value - half[name] for name, value in metrics.items()}
            yield whole | {"segments.date": day.isoformat()} | metrics


def _metrics(facts: DayFacts, currency: str) -> Row:
    unit = money.billable_micros(currency)
    return {
        "metrics.cost_micros": round(facts.spend * money.MICROS / unit) * unit,
        "metrics.impressions": round(facts.impressions),
        "metrics.clicks": round(facts.link_clicks),
        "metrics.conversions": float(facts.purchases),
        "metrics.conversions_value": float(facts.purchase_value),
    }


def _customer(account: Account) -> Row:
    return {
        "customer.id": int(account.id),
        "customer.descriptive_name": account.name,
        "customer.currency_code": account.currency,
        "customer.time_zone": account.stated_timezone or account.timezone,
        **dict.fromkeys((f"customer.{one}" for one in SUFFIX), ""),
    }


def campaign_row(account: Account, campaign: Campaign) -> Row:
    budget = budget_name(account, campaign)
    using = [one for one in account.campaigns if one.pool == campaign.pool and status_of(one) != "REMOVED"]
    return {
        "campaign.resource_name": f"customers/{account.id}/campaigns/{campaign.id}",
        "campaign.id": int(campaign.id),
        "campaign.name": campaign.name,
        "campaign.status": status_of(campaign),
        "campaign.serving_status": campaign.serving or ("SERVING" if campaign.status == "ACTIVE" else "NONE"),
        "campaign.advertising_channel_type": "PERFORMANCE_MAX" if campaign.has_asset_groups else "SEARCH",
        **dict.fromkeys((f"campaign.{one}" for one in SUFFIX), ""),
        "campaign.campaign_budget": budget,
        "campaign_budget.resource_name": budget,
        "campaign_budget.id": int(campaign.pool),
        "campaign_budget.amount_micros": campaign.daily_budget,
        "campaign_budget.period": "DAILY" if campaign.lifetime_budget is None else "CUSTOM_PERIOD",
        "campaign_budget.explicitly_shared": campaign.explicitly_shared,
        "campaign_budget.reference_count": len(using),
    }


def budget_name(account: Account, campaign: Campaign) -> str:
    return f"customers/{account.id}/campaignBudgets/{campaign.pool}"


def status_of(node: Campaign | AdSet | Ad) -> str:
    return node.shown_status or STATUSES.get(node.status, "REMOVED")


def _ad_group_row(world: World, account: Account, ad_set: AdSet) -> Row:
    return campaign_row(account, world.campaigns[ad_set.campaign_id]) | {
        "ad_group.resource_name": f"customers/{account.id}/adGroups/{ad_set.id}",
        "ad_group.id": int(ad_set.id),
        "ad_group.name": ad_set.name,
        "ad_group.status": status_of(ad_set),
        **dict.fromkeys((f"ad_group.{one}" for one in SUFFIX), ""),
    }


def _ad_row(world: World, account: Account, ad: Ad) -> Row:
    return _ad_group_row(world, account, world.ad_sets[ad.adset_id]) | {
        "ad_group_ad.ad.id": int(ad.id),
        "ad_group_ad.ad.name": ad.name,
        "ad_group_ad.status": status_of(ad),
        "ad_group_ad.ad.final_url_suffix": ad.url_tags.replace("{{ad.id}}", "{creative}").replace(
            "{{campaign.id}}", "{campaignid}"
        ),
        "ad_group_ad.ad.tracking_url_template": "",
    }


def _nested(row: Row) -> Row:
    found: Row = {}
    for name, value in row.items():
        *path, last = [_camel(part) for part in name.split(".")]
        place = found
        for part in path:
            place = place.setdefault(part, {})
        if value is not None:
            place[last] = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return found


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(part.capitalize() for part in more)
