from __future__ import annotations

import numpy as np
import pytest

from sampler.domain.belief import Belief, Outcome
from sampler.domain.blended_score import blended_score
from sampler.domain.drift import return_spread, shared_shocks
from sampler.domain.holder_scores import holder_scores
from sampler.domain.prior import account_prior, gamma_prior
from sampler.domain.thompson import draw, probability_best

DAY = 739_000


def ad(
    clicks: float, conversions: float, *, spend: float = 1000.0, impressions: float = 100_000, value: float = 80.0
) -> Belief:
    belief = Belief(DAY)
    for day in range(10):
        belief = belief.updated(
            DAY + day, Outcome(impressions / 10, clicks / 10, spend / 10, conversions / 10, conversions * value / 10)
        )
    return belief


OLD = [ad(1000, conversions) for conversions in (10, 20, 30, 40)]
PRIOR = account_prior(OLD)


def test_a_new_ad_is_judged_by_its_clicks():
    eager, slow = (Belief(DAY + 9).updated(DAY + 9, Outcome(5000, clicks, 50.0)) for clicks in (100, 25))
    few, many = blended_score(slow, PRIOR), blended_score(eager, PRIOR)
    assert few.own_weight < many.own_weight < 0.5
    assert many.borrowed_value_per_click == few.borrowed_value_per_click == pytest.approx(PRIOR.value_per_click)
    assert many.score > few.score


def test_the_weight_moves_smoothly_to_the_ads_own_sales():
    weights = [blended_score(ad(clicks, 0.03 * clicks), PRIOR).own_weight for clicks in (1, 10, 100, 1000, 10_000)]
    assert weights == sorted(weights)
    assert weights[0] < 0.05
    assert weights[-1] > 0.9


def test_the_score_is_the_product_of_its_parts():
    score = blended_score(OLD[2], PRIOR)
    assert score.score == pytest.approx(
        score.click_rate * score.value_per_click / score.cost_per_impression * score.decay
    )


def test_an_ad_that_lost_its_clicks_is_worn():
    belief = ad(1000, 30)
    for day in range(10, 16):
        belief = belief.updated(DAY + day, Outcome(10_000, 20, 100.0))
    assert blended_score(belief, PRIOR).decay < 0.8 < blended_score(ad(1000, 30), PRIOR).decay


def test_draws_are_seeded_and_centre_on_the_score():
    first, again = (draw(OLD, PRIOR, np.random.default_rng(5), draws=20_000).roas for _ in range(2))
    assert np.array_equal(first, again)
    wanted = [blended_score(belief, PRIOR).score / blended_score(belief, PRIOR).decay for belief in OLD]
    assert first.mean(axis=0) == pytest.approx(wanted, rel=0.03)


def test_probabilities_of_being_best_sum_to_one_and_follow_the_sales():
    chances = probability_best(draw(OLD, PRIOR, np.random.default_rng(5), draws=2000).roas)
    assert chances.sum() == pytest.approx(1.0)
    assert np.argmax(chances) == 3


def test_the_interval_of_a_known_rate_holds_it_as_often_as_it_says():
    """Simulated ads with rates from one Gamma: the 80 % interval of the draws covers the truth in 80 % of the cases."""
    rng = np.random.default_rng(11)
    truth = rng.gamma(6.0, 0.03 / 6.0, size=600)
    clicks = rng.integers(50, 1500, size=600).astype(float)
    ads = [
        Belief(DAY, clicks=c, impressions=c * 50, spend=c, conversions=float(rng.poisson(c * t)))
        for c, t in zip(clicks, truth, strict=True)
    ]
    ads = [Belief(**b.state() | {"revenue": b.conversions * 100.0}) for b in ads]
    prior = account_prior(ads)
    rates = draw(ads, prior, rng, draws=800).value_per_click / 100.0
    low, high = np.quantile(rates, (0.1, 0.9), axis=0)
    assert 0.76 < ((low <= truth) & (truth <= high)).mean() < 0.95


def test_a_prior_of_nothing_is_finite():
    prior = account_prior([])
    assert np.isfinite(draw([Belief(DAY)], prior, np.random.default_rng(1)).roas).all()
    assert gamma_prior(np.zeros(3), np.zeros(3), default_mean=0.02).mean == pytest.approx(0.02)


def test_a_holder_is_scored_by_where_its_money_goes():
    strong, weak = ad(900, 40, spend=900.0), ad(100, 1, spend=100.0)
    scores = holder_scores([(1, 2), (2,), ()], {1: strong, 2: weak}, DAY + 9, np.random.default_rng(3))
    assert scores.mean[0] > scores.mean[1]
    assert np.isfinite(scores.samples).all()
    assert scores.samples.shape == (400, 3)


@pytest.mark.parametrize(
    ("revenue", "low", "high"),
    [
        (np.full(30, 200.0), 0.0, 0.001),  # every day as promised
        (200 * np.exp(0.3 * np.random.default_rng(1).standard_normal(400)), 0.27, 0.33),
        (np.linspace(100, 400, 30), 0.2, 0.8),  # a trend that the past never catches up with
        (np.full(9, 200.0), 0.30, 0.30),  # too few days to say
        (np.zeros(30), 0.30, 0.30),
    ],
)
def test_the_spread_of_an_accounts_return_is_read_from_its_days(revenue, low, high):
    assert low <= return_spread(np.full(len(revenue), 100.0), revenue) <= high


def test_shared_shocks_widen_an_interval_and_keep_its_mean():
    shocks = shared_shocks(0.4, 20_000, np.random.default_rng(3))
    assert shocks.mean() == pytest.approx(1, abs=0.02)
    assert np.quantile(shocks, 0.9) / np.quantile(shocks, 0.1) == pytest.approx(np.exp(2 * 1.2816 * 0.4), rel=0.05)
