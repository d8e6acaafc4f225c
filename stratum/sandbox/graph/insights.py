"""Insights: rows of strings, absent rather than zero, in the account's own days."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from stratum.sandbox.graph.figures import figures
from stratum.sandbox.graph.insight_query import LEVELS, Query
from stratum.sandbox.market.facts import DayFacts, reach
from stratum.sandbox.market.structure import Account, Ad
from stratum.sandbox.market.world import World

OPT_IN_BREAKDOWNS = frozenset({"impression_device", "frequency_value"})


def rows(world: World, account: Account, ads: list[Ad], query: Query, now: datetime) -> list[dict[str, Any]]:
    """One row a period and object that had anything to report."""
    if OPT_IN_BREAKDOWNS & set(query.breakdowns):
        return []
    today = now.astimezone(account.zone()).date()
    found = []
    for first, last in _periods(query):
        groups: dict[str, list[tuple[Ad, DayFacts]]] = {}
        for ad in ads:
            for offset in range((last - first).days + 1):
                facts = world.facts.reported(ad.id, first + timedelta(days=offset), today)
                if facts is not None and _wanted(ad, query):
                    groups.setdefault(_group(ad, query.level), []).append((ad, facts))
        found += [_row(world, account, parts, query, first, last) for parts in groups.values()]
    return found


def _periods(query: Query) -> list[tuple[date, date]]:
    if query.since > query.until:
        return []
    if query.step is None:
        return [(query.since, query.until)]
    days = range(0, (query.until - query.since).days + 1, query.step)
    return [
        (query.since + timedelta(days=day), min(query.until, query.since + timedelta(days=day + query.step - 1)))
        for day in days
    ]


def _wanted(ad: Ad, query: Query) -> bool:
    if ad.is_untold and query.level != "account":
        return False
    if query.level == "ad" and ad.status in ("DELETED", "ARCHIVED") and ad.status not in query.states:
        return False
    own = {"ad_id": ad.id, "adset_id": ad.adset_id, "campaign_id": ad.campaign_id, "id": ad.id}
    return all(own[name] in allowed for name, allowed in query.chosen.items())


def _group(ad: Ad, level: str) -> str:
    return {"account": ad.account_id, "campaign": ad.campaign_id, "adset": ad.adset_id, "ad": ad.id}[level]


def _row(
    world: World, account: Account, parts: list[tuple[Ad, DayFacts]], query: Query, first: date, last: date
) -> dict[str, Any]:
    total = DayFacts()
    for _, facts in parts:
        total.add(facts)
    audience = sum(world.ad_sets[set_id].audience for set_id in {ad.adset_id for ad, _ in parts})
    whole = {
        **_identity(world, account, parts[0][0], query.level),
        **figures(total, reach(total.impressions, audience), account.currency, query.windows),
    }
    row = {name: whole[name] for name in query.fields if whole.get(name) not in (None, [], "0")}
    row |= {name: whole[name] for name in query.fields if name in ("spend", "impressions", "clicks")}
    row |= dict.fromkeys(query.breakdowns, "unknown")
    return {**row, "date_start": first.isoformat(), "date_stop": last.isoformat()}


def _identity(world: World, account: Account, ad: Ad, level: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "account_id": account.id,
        "account_name": account.name,
        "account_currency": account.currency,
        "attribution_setting": "7d_click_1d_view",
        "objective": "OUTCOME_LEADS",
        "optimization_goal": "OFFSITE_CONVERSIONS",
    }
    depth = LEVELS.index(level)
    if depth >= 1:
        found |= {"campaign_id": ad.campaign_id, "campaign_name": world.campaigns[ad.campaign_id].name}
    if depth >= 2:
        found |= {"adset_id": ad.adset_id, "adset_name": world.ad_sets[ad.adset_id].name}
    if depth >= 3:
        found |= {"ad_id": ad.id, "ad_name": ad.name}
    return found
