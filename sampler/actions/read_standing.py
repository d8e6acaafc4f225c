from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model

from sampler.models import Change
from sampler.selectors.budgets import BudgetHolder
from stratum.core.models import AdAccount, AdSet, Campaign
from stratum.platforms.ads import AdPlatform
from stratum.platforms.delivery import Delivery, delivery_of
from stratum.platforms.nodes import Node

FIELDS = ("status", "daily_budget", "fixed_budget_id", "fixed_budget")


@dataclass(frozen=True)
class Standing:
    """Every budget of an account as it stands on the platform now, by the platform's id; `strangers` are not stored here yet.

    `untold`: those among the strangers of which nobody can tell what they may spend, by name.
    """

    budgets: dict[str, int | None]
    strangers: list[BudgetHolder]
    untold: tuple[str, ...]


def read_standing(platform: AdPlatform, account: AdAccount, *, now: datetime) -> Standing:
    """Reads all budgets and stores what has moved, so that the cap counts what people set in the platform's own pages."""
    nodes = platform.standing(account.external_id, currency=account.currency)
    # Apart, because a platform may give a campaign and an ad set the same number.
    campaigns = {node.id: node for node in nodes if not node.campaign_id}
    ad_sets = {node.id: node for node in nodes if node.campaign_id}
    known = store_moved(Campaign, account, campaigns, now) | store_moved(AdSet, account, ad_sets, now)
    new = [node for node in nodes if node.id not in known and delivery_of(node.status) is not Delivery.CANNOT]
    strangers = [_stranger(node, now) for node in new]
    return Standing(
        {node.id: node.daily_budget for node in nodes},
        [holder for holder in strangers if holder.budget > 0],
        tuple(node.name for node in new if node.fixed_budget and node.fixed_budget.a_day(now) is None),
    )


def store_moved(model: type[Model], account: AdAccount, nodes: dict[str, Node], now: datetime) -> set[str]:
    """Stores the status and budget of those among the nodes, by the platform's id, that have rows; returns which have."""
    rows = list(model.objects.filter(account=account, external_id__in=nodes))
    moved = []
    for row in rows:
        node = nodes[row.external_id]
        stands = {"status": node.status, **node.budgets_at(now)}
        if not stands.items() <= vars(row).items():
            vars(row).update(stands)
            moved.append(row)
    model.objects.bulk_update(moved, FIELDS, batch_size=500)
    return {row.external_id for row in rows}


def _stranger(node: Node, now: datetime) -> BudgetHolder:
    """A shared budget counts with each of its strangers: rather too much for the cap than too little."""
    fixed = node.fixed_budget.a_day(now) if node.fixed_budget else None
    kind = Change.Target.AD_SET if node.campaign_id else Change.Target.CAMPAIGN
    return BudgetHolder(kind, 0, node.id, node.name, node.daily_budget or fixed or 0, ())
