from __future__ import annotations

from collections.abc import Iterable

from sampler.domain.belief import Belief
from sampler.domain.blended_score import blended_score
from sampler.domain.cards import BeliefCard
from sampler.domain.prior import AccountPrior, account_prior
from sampler.models import AdBelief
from stratum.core.models import AdAccount


def beliefs_of(ad_ids: Iterable[int]) -> dict[int, Belief]:
    """Stored beliefs by ad id; ads without one are left out."""
    rows = AdBelief.objects.filter(ad_id__in=list(ad_ids)).values_list("ad_id", "state")
    return {ad_id: Belief(**state) for ad_id, state in rows}


def belief_cards(account: AdAccount) -> list[BeliefCard]:
    """The account's beliefs with their scores, the best first."""
    rows = list(AdBelief.objects.filter(ad__account=account).select_related("ad").order_by("ad_id"))
    latest = max((row.as_of_date for row in rows), default=None)
    beliefs = [Belief(**row.state).decayed(latest.toordinal()) for row in rows] if latest else []
    prior = account_prior(beliefs)
    cards = [_card(row, belief, prior) for row, belief in zip(rows, beliefs, strict=True)]
    return sorted(cards, key=lambda card: (-card.score, card.ad_id))


def _card(row: AdBelief, belief: Belief, prior: AccountPrior) -> BeliefCard:
    score = blended_score(belief, prior)
    return BeliefCard(
        ad_id=row.ad_id,
        ad_name=row.ad.name,
        as_of=row.as_of_date,
        version=row.version,
        clicks=belief.clicks,
        conversions=belief.conversions,
        spend=belief.spend,
        revenue=belief.revenue,
        score=score.score,
        click_rate=score.click_rate,
        value_per_click=score.value_per_click,
        own_weight=score.own_weight,
        decay=score.decay,
    )
