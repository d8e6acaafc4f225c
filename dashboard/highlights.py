"""Which ads stand out, and what the waiting plan would move between them."""

from __future__ import annotations

from typing import Any

from attribution.selectors import Level, LevelFigures, by_level
from dashboard.figures import row
from dashboard.query import Query
from sampler.selectors import waiting_changes
from stratum.core.models import Workspace

MOST = 5
# An ad speaks for itself once it spent this share of an average ad's money.
ENOUGH_SPEND = 0.25


def speaking_ads(query: Query) -> list[LevelFigures]:
    """Ads with enough spend in the period to be judged, best return first."""
    every = by_level(Level.AD, query.period, basis=query.basis, account=query.account)
    ads = [ad for ad in every if ad.figures.spend and not ad.is_remainder]
    average = sum(ad.figures.spend for ad in ads) / len(ads) if ads else 0
    judged = [ad for ad in ads if float(ad.figures.spend) >= ENOUGH_SPEND * float(average)]
    return sorted(judged, key=lambda ad: (-(ad.figures.roas or 0), ad.id))


def highlights(query: Query, workspace: Workspace) -> dict[str, Any]:
    """`winners`, `needs_attention` (below half of the average return), `opportunities` and `reallocations` for the API."""
    ads = speaking_ads(query)
    spend = sum(ad.figures.spend for ad in ads)
    average = sum(ad.figures.revenue for ad in ads) / spend if spend else 0
    weak = [ad for ad in reversed(ads) if (ad.figures.roas or 0) < average / 2]
    moves = [
        {
            "change": card.id,
            "title": card.title,
            "before": str(card.before),
            "after": str(card.after),
            "currency": card.currency,
            "expected_roas": {"value": card.expected.mean, "low": card.expected.low, "high": card.expected.high},
        }
        for card in waiting_changes(account_id=query.account)
    ]
    return {
        "winners": [row(ad, workspace) for ad in ads[:MOST] if (ad.figures.roas or 0) > average],
        "needs_attention": [row(ad, workspace) for ad in weak[:MOST]],
        "opportunities": [move for move in moves if float(move["after"]) > float(move["before"])],
        "reallocations": moves,
    }
