"""Changes to campaigns, ad sets and ads, with the rules that refuse them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from stratum.sandbox.graph.errors import GraphError, budget_too_low, parameter, unknown_object
from stratum.sandbox.graph.fields import as_json
from stratum.sandbox.market import money
from stratum.sandbox.market.structure import Ad, AdSet, Campaign, a_day
from stratum.sandbox.market.world import World

STATUSES = frozenset({"ACTIVE", "PAUSED", "ARCHIVED", "DELETED"})
CHANGES_AN_HOUR = 4


def checked_edit(world: World, node_id: str, params: dict[str, Any], now: datetime) -> dict[str, Any] | None:
    """The edit that a POST asks for; None when it was a dry run. Raises GraphError for what Meta refuses."""
    node = world.campaigns.get(node_id) or world.ad_sets.get(node_id) or world.ads.get(node_id)
    if node is None:
        raise unknown_object(node_id, "post")
    edit: dict[str, Any] = {"id": node_id}
    if "status" in params:
        edit["status"] = _status(params["status"])
    if "name" in params:
        edit["name"] = str(params["name"])
    if "lifetime_budget" in params:
        raise parameter("This object has a daily budget; a lifetime budget cannot be set.")
    if "daily_budget" in params:
        edit["daily_budget"] = _budget(world, node, params["daily_budget"], now)
    options = as_json(params.get("execution_options") or [], "execution_options")
    return None if "validate_only" in options else edit


def _status(value: Any) -> str:
    if value not in STATUSES:
        raise parameter(f"Param status must be one of {{{', '.join(sorted(STATUSES))}}}")
    return str(value)


def _budget(world: World, node: Campaign | AdSet | Ad, value: Any, now: datetime) -> int:
    if isinstance(node, Ad):
        raise parameter("Ads have no budget: set it on the ad set or on the campaign.", error_data=_blame())
    if isinstance(node, AdSet) and a_day(world.campaigns[node.campaign_id]) is not None:
        raise parameter(
            "The campaign has a campaign budget: its ad sets cannot have one of their own.", error_data=_blame()
        )
    if node.lifetime_budget is not None:
        raise parameter("This object has a lifetime budget; a daily budget cannot be set.", error_data=_blame())
    if node.daily_budget is None:
        raise parameter("This campaign's budgets are set on its ad sets.", error_data=_blame())
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()):
        raise parameter("Param daily_budget must be an unsigned integer in minor units", error_data=_blame())
    budget, currency = int(text), world.account_by_id[node.account_id].currency
    minimum = money.minimum_daily_budget(currency)
    if budget < minimum:
        raise budget_too_low(f"{money.as_text(minimum / money.offset(currency), currency)} {currency}")
    recent = [at for at in node.budget_changes if now - at < timedelta(hours=1)]
    if isinstance(node, AdSet) and budget != node.daily_budget and len(recent) >= CHANGES_AN_HOUR:
        raise GraphError(613, subcode=1487632)
    return budget


def _blame() -> dict[str, list[list[str]]]:
    return {"blame_field_specs": [["daily_budget"]]}
