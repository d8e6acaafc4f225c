from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Model

from sampler.models import Change
from sampler.selectors.budgets import ACTIVE, BudgetHolder
from stratum.core.models import AdAccount, AdSet, Campaign
from stratum.platforms.meta_ads import MetaAds, Node


@dataclass(frozen=True)
class Standing:
    """Every budget of an account as it stands on the platform now, by the platform's id; `strangers` are not stored here yet."""

    budgets: dict[str, int | None]
    strangers: list[BudgetHolder]


def read_standing(platform: MetaAds, account: AdAccount) -> Standing:
    """Reads all budgets and stores what has moved, so that the cap counts what people set in the platform's own pages."""
    nodes = platform.standing(account.external_id, currency=account.currency)
    by_id = {node.id: node for node in nodes}
    known = _store(Campaign, account, by_id) | _store(AdSet, account, by_id)
    strangers = [_stranger(node) for node in nodes if node.id not in known and node.status == ACTIVE]
    return Standing(
        {node.id: node.daily_budget for node in nodes}, [holder for holder in strangers if holder.budget > 0]
    )


def _store(model: type[Model], account: AdAccount, nodes: dict[str, Node]) -> set[str]:
    rows = list(model.objects.filter(account=account, external_id__in=nodes))
    moved = []
    for row in rows:
        node = nodes[row.external_id]
        if (row.daily_budget, row.status) != (node.daily_budget, node.status):
            row.daily_budget, row.status = node.daily_budget, node.status
            moved.append(row)
    model.objects.bulk_update(moved, ["daily_budget", "status"], batch_size=500)
    return {row.external_id for row in rows}


def _stranger(node: Node) -> BudgetHolder:
    kind = Change.Target.AD_SET if node.campaign_id else Change.Target.CAMPAIGN
    return BudgetHolder(kind, 0, node.id, node.name, node.daily_budget or 0, ())
