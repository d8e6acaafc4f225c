from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Model

from sampler.models import Change
from sampler.selectors.budgets import ACTIVE, BudgetHolder
from stratum.core.models import AdAccount, AdSet, Campaign
from stratum.platforms.ads import AdPlatform
from stratum.platforms.meta_ads import Node

FIELDS = ("daily_budget", "status")
CAMPAIGN_FIELDS = (*FIELDS, "shared_budget_id", "shared_budget")


@dataclass(frozen=True)
class Standing:
    """Every budget of an account as it stands on the platform now, by the platform's id; `strangers` are not stored here yet."""

    budgets: dict[str, int | None]
    strangers: list[BudgetHolder]


def read_standing(platform: AdPlatform, account: AdAccount) -> Standing:
    """Reads all budgets and stores what has moved, so that the cap counts what people set in the platform's own pages."""
    nodes = platform.standing(account.external_id, currency=account.currency)
    # Apart, because a platform may give a campaign and an ad set the same number.
    campaigns = {node.id: node for node in nodes if not node.campaign_id}
    ad_sets = {node.id: node for node in nodes if node.campaign_id}
    known = _store(Campaign, account, campaigns, CAMPAIGN_FIELDS) | _store(AdSet, account, ad_sets, FIELDS)
    strangers = [_stranger(node) for node in nodes if node.id not in known and node.status == ACTIVE]
    return Standing(
        {node.id: node.daily_budget for node in nodes}, [holder for holder in strangers if holder.budget > 0]
    )


def _store(model: type[Model], account: AdAccount, nodes: dict[str, Node], fields: tuple[str, ...]) -> set[str]:
    rows = list(model.objects.filter(account=account, external_id__in=nodes))
    moved = []
    for row in rows:
        node = nodes[row.external_id]
        now = {name: getattr(node, name) for name in fields}
        if now != {name: getattr(row, name) for name in fields}:
            vars(row).update(now)
            moved.append(row)
    model.objects.bulk_update(moved, fields, batch_size=500)
    return {row.external_id for row in rows}


def _stranger(node: Node) -> BudgetHolder:
    """A shared budget counts with each of its strangers: rather too much for the cap than too little."""
    kind = Change.Target.AD_SET if node.campaign_id else Change.Target.CAMPAIGN
    return BudgetHolder(kind, 0, node.id, node.name, node.daily_budget or node.shared_budget or 0, ())
