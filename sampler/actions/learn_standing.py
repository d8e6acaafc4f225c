from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Model

from sampler.actions.read_standing import store_moved
from stratum.core.models import AdAccount, AdSet, Campaign
from stratum.platforms.ads import AdPlatform
from stratum.platforms.nodes import Node

MOST_NAME = 240


def learn_standing(platform: AdPlatform, account: AdAccount, *, now: datetime) -> None:
    """Stores every campaign and ad set as it stands on the platform now, and gives rows to those made since the structure was last pulled.

    One call up to 500 of each. Ads and audiences, and what is gone from the platform, are left to the next pull. NoAnswer, TryLater, Refused.
    """
    nodes = platform.standing(account.external_id, currency=account.currency)
    _learn(Campaign, account, {node.id: node for node in nodes if not node.campaign_id}, now)
    campaigns = dict(Campaign.objects.filter(account=account).values_list("external_id", "id"))
    ad_sets = {node.id: node for node in nodes if node.campaign_id in campaigns}
    above = {node.id: {"campaign_id": campaigns[node.campaign_id]} for node in ad_sets.values()}
    _learn(AdSet, account, ad_sets, now, above=above)


def _learn(
    model: type[Model],
    account: AdAccount,
    nodes: dict[str, Node],
    now: datetime,
    *,
    above: dict[str, dict[str, Any]] | None = None,
) -> None:
    known = store_moved(model, account, nodes, now)
    # A pull may store the same ones at the same moment.
    model.objects.bulk_create(
        (
            model(
                workspace_id=account.workspace_id,
                account=account,
                external_id=node.id,
                name=node.name[:MOST_NAME],
                status=node.status,
                **node.budgets_at(now),
                **(above or {}).get(node.id, {}),
            )
            for node in nodes.values()
            if node.id not in known
        ),
        ignore_conflicts=True,
    )
