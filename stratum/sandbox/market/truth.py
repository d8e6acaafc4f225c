"""What really happened, for those who grade: the cause of every deal, and every ad's return."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from stratum.sandbox.market import money
from stratum.sandbox.market.auction import Auction
from stratum.sandbox.market.world import World


def deals(world: World) -> list[dict[str, Any]]:
    """One row a deal ever made; `amount_home` in the portal's home currency, `status` open, won, lost, deleted or merged."""
    rows = []
    for deal_id, origin in world.origins.items():
        record = world.crm.find("deals", deal_id)
        if record is None:
            continue
        held = record.properties
        moved = record.id != deal_id
        status = "merged" if moved else "deleted" if record.archived else _status(held)
        rows.append(
            {
                "deal_id": deal_id,
                "merged_into": record.id if moved else None,
                "origin": origin.kind,
                "account_id": origin.account_id,
                "ad_id": origin.ad_id,
                "click_id": origin.click_id,
                "touchpoint_id": origin.touchpoint_id,
                "status": status,
                "amount": held.get("amount"),
                "currency": held.get("deal_currency_code"),
                "amount_home": float(held.get("amount_in_home_currency") or 0),
                "created_at": held.get("createdate"),
                "closed_at": held.get("closedate"),
            }
        )
    return rows


def _status(held: dict[str, str | None]) -> str:
    if held.get("hs_is_closed") != "true":
        return "open"
    return "won" if held.get("hs_is_closed_won") == "true" else "lost"


def expected_roas(auction: Auction) -> np.ndarray:
    """Each ad's expected revenue a unit of spend at its present price, frequency and budget."""
    ads = auction.account.ads
    value = np.array([ad.lead_rate * ad.win_rate * ad.value_median * np.exp(ad.value_sigma**2 / 2) for ad in ads])
    price = auction.cpm()[auction.set_of_ad] / 1000
    return value * auction.click_rate * auction.freshness() / price


def ads(world: World, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row an ad: spend and won revenue so far in the home currency, designed, expected and realised return."""
    won: dict[str, float] = {}
    counts: dict[str, int] = {}
    for row in rows:
        if row["ad_id"] and row["status"] not in ("merged", "deleted"):
            counts[row["ad_id"]] = counts.get(row["ad_id"], 0) + 1
            if row["status"] == "won":
                won[row["ad_id"]] = won.get(row["ad_id"], 0.0) + row["amount_home"]
    spent: dict[str, float] = {}
    for (ad_id, _), facts in world.facts.days.items():
        spent[ad_id] = spent.get(ad_id, 0.0) + facts.spend
    found = []
    for auction in world.auctions:
        expected, frequency = expected_roas(auction), auction.frequency()
        for index, ad in enumerate(auction.account.ads):
            spend = money.convert(spent.get(ad.id, 0.0), auction.account.currency, world.config.home_currency)
            revenue = won.get(ad.id, 0.0)
            found.append(
                {
                    "ad_id": ad.id,
                    "adset_id": ad.adset_id,
                    "design_roas": round(ad.design_roas, 4),
                    "expected_roas": round(float(expected[index]), 4),
                    "realised_roas": round(revenue / spend, 4) if spend else None,
                    "frequency": round(float(frequency[index]), 4),
                    "spend": round(spend, 2),
                    "revenue": round(revenue, 2),
                    "deals": counts.get(ad.id, 0),
                }
            )
    return found


def report(world: World) -> dict[str, Any]:
    """The whole truth with totals; revenue is that of won deals that still stand."""
    rows = deals(world)
    per_ad = ads(world, rows)
    spend = sum(row["spend"] for row in per_ad)
    revenue = sum(row["revenue"] for row in per_ad)
    organic = sum(row["amount_home"] for row in rows if row["status"] == "won" and row["origin"] == "organic")
    totals = {
        "home_currency": world.config.home_currency,
        "spend": round(spend, 2),
        "ad_revenue": round(revenue, 2),
        "organic_revenue": round(organic, 2),
        "roas": round(revenue / spend, 4) if spend else None,
        "clicks": len(world.clicks),
        "deals": len(rows),
    }
    return {"deals": rows, "ads": per_ad, "totals": totals}


def click_days(world: World) -> dict[date, tuple[float, float]]:
    """By local day of the click: spend, and what ads' deals of that day's clicks have been won for so far, in the home currency."""
    clicked = {click.click_id: click.occurred_at for click in world.clicks}
    spend: dict[date, float] = {}
    for (ad_id, day), facts in world.facts.days.items():
        currency = world.account_by_id[world.ads[ad_id].account_id].currency
        spend[day] = spend.get(day, 0.0) + money.convert(facts.spend, currency, world.config.home_currency)
    won: dict[date, float] = {}
    for row in deals(world):
        if row["origin"] == "ad" and row["status"] == "won" and row["click_id"] in clicked:
            zone = world.account_by_id[row["account_id"]].zone()
            day = clicked[row["click_id"]].astimezone(zone).date()
            won[day] = won.get(day, 0.0) + row["amount_home"]
    return {day: (spent, won.get(day, 0.0)) for day, spent in sorted(spend.items())}
