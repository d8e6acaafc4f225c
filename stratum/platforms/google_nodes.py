"""Google's campaigns, ad groups and ads from the rows of its search, with the face of Meta's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stratum.platforms.delivery import Delivery, delivery_of, google_status
from stratum.platforms.google_money import from_micros
from stratum.platforms.nodes import FixedBudget, Node


def is_shared(budget: Mapping[str, Any]) -> bool:
    return bool(budget.get("explicitlyShared")) or int(budget.get("referenceCount") or 0) > 1


def _amount(row: Mapping[str, Any], currency: str) -> int | None:
    """A day's amount; None for a budget of a longer period."""
    budget = row.get("campaignBudget") or {}
    micros = int(budget.get("amountMicros") or 0) if budget.get("period", "DAILY") == "DAILY" else 0
    return from_micros(micros, currency) or None


def daily_budget(row: Mapping[str, Any], currency: str) -> int | None:
    return None if is_shared(row.get("campaignBudget") or {}) else _amount(row, currency)


def _fixed(row: Mapping[str, Any], currency: str) -> FixedBudget | None:
    """What nobody here changes: a shared budget, or one of a longer period, of which nobody is told what a day may cost."""
    budget = row.get("campaignBudget") or {}
    held = not budget or daily_budget(row, currency)
    return None if held else FixedBudget(budget["resourceName"], _amount(row, currency))


def campaign_node(row: Mapping[str, Any], currency: str) -> Node:
    campaign = row["campaign"]
    return Node(
        id=campaign["id"],
        name=campaign.get("name") or campaign["id"],
        status=google_status(campaign.get("status") or "", campaign.get("servingStatus")),
        daily_budget=daily_budget(row, currency),
        fixed_budget=_fixed(row, currency),
    )


def ad_group_node(row: Mapping[str, Any]) -> Node:
    group, campaign = row["adGroup"], row["campaign"]
    return Node(
        id=group["id"],
        name=group.get("name") or group["id"],
        status=_under(_status(group), CAMPAIGN_PAUSED=campaign),
        campaign_id=campaign["id"],
    )


def ad_node(row: Mapping[str, Any]) -> Node:
    ad, group = row["adGroupAd"]["ad"], row["adGroup"]
    return Node(
        id=ad["id"],
        name=ad.get("name") or f"Ad {ad['id']}",
        status=_under(_status(row["adGroupAd"]), CAMPAIGN_PAUSED=row["campaign"], ADSET_PAUSED=group),
        adset_id=group["id"],
        url_tags=_suffixes(row.get("customer"), row["campaign"], group, ad),
    )


def _suffixes(*levels: Mapping[str, Any] | None) -> str:
    """What is added to an ad's address: the template and the suffix, each that of the lowest level which has one."""
    found = ([level.get(name) for level in levels if level and level.get(name)] for name in ("trackingUrlTemplate", "finalUrlSuffix"))  # fmt: skip
    return " ".join(one[-1] for one in found if one)


def _status(resource: Mapping[str, Any]) -> str:
    return google_status(resource.get("status") or "", None)


def _under(own: str, **above: Mapping[str, Any]) -> str:
    """The effective status, in Meta's words: its own, else that of what it lies in and cannot run."""
    stopped = (word for word, resource in above.items() if delivery_of(_status(resource)) is Delivery.CANNOT)
    return own if delivery_of(own) is Delivery.CANNOT else next(stopped, own)
