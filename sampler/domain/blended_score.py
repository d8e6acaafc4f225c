"""CTR × ROAS × decay, with an early ad judged by its clicks.

ROAS falls apart into click rate × value per click ÷ cost per impression. Clicks are known within hours, so that part is the ad's
own from the start; the value of its clicks is borrowed from the account until its own sales have something to say.
"""

from __future__ import annotations

from dataclasses import dataclass

from sampler.domain.belief import Belief
from sampler.domain.prior import AccountPrior, Rate

MOST_WORN = 0.5
FRESHNESS_CLICKS = 30.0


@dataclass(frozen=True)
class Score:
    """`score` = click_rate × value_per_click ÷ cost_per_impression × decay: the return expected of the next unit of spend."""

    score: float
    click_rate: float
    cost_per_impression: float
    value_per_click: float
    order_value: float
    own_value_per_click: float | None
    borrowed_value_per_click: float
    own_weight: float
    decay: float


def blended_score(belief: Belief, prior: AccountPrior) -> Score:
    """The score with its parts: the mean of what `thompson.draw` draws, times the decay.

    `own_weight` is E/(E + κ), E the ad's clicks and κ the prior's: it moves smoothly from 0 to 1.
    """
    click_rate = _shrunk(belief.clicks, belief.impressions, prior.clicks_per_impression)
    clicks_per_spend = _shrunk(belief.clicks, belief.spend, prior.clicks_per_spend)
    clicks = max(belief.clicks, 0.0)
    own_weight = clicks / (clicks + prior.conversions_per_click.exposure)
    order_value = shrunk_order_value(belief.conversions, belief.revenue, prior)
    own = max(belief.conversions, 0.0) / clicks * order_value if clicks > 0 else None
    borrowed = prior.conversions_per_click.mean * order_value
    value = own_weight * (own or 0.0) + (1 - own_weight) * borrowed
    decay = wear(belief, click_rate)
    return Score(
        score=clicks_per_spend * value * decay,
        click_rate=click_rate,
        cost_per_impression=click_rate / clicks_per_spend,
        value_per_click=value,
        order_value=order_value,
        own_value_per_click=own,
        borrowed_value_per_click=borrowed,
        own_weight=own_weight,
        decay=decay,
    )


def wear(belief: Belief, click_rate: float) -> float:
    """The part of its click rate that an ad still has lately, 0.5 to 1. Few recent clicks say little: 30 pseudo-clicks at the long rate."""
    expected = max(belief.recent_impressions, 0.0) * click_rate
    lately = (max(belief.recent_clicks, 0.0) + FRESHNESS_CLICKS) / (expected + FRESHNESS_CLICKS)
    return min(max(lately, MOST_WORN), 1.0)


def shrunk_order_value(conversions: float, revenue: float, prior: AccountPrior) -> float:
    """The mean order value, pulled to the account's by `value_weight` pseudo-orders."""
    return (prior.value_weight * prior.order_value + max(revenue, 0.0)) / (prior.value_weight + max(conversions, 0.0))


def _shrunk(events: float, exposure: float, prior: Rate) -> float:
    return (prior.events + max(events, 0.0)) / (prior.exposure + max(exposure, 0.0))
