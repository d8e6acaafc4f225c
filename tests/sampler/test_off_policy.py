"""Estimates from logged decisions: true on average, as sure as they say, and silent where the log is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sampler.domain.cell_means import cell_means
from sampler.domain.logged_decisions import LoggedDecisions
from sampler.domain.off_policy import difference_of, estimates_of, support_of
from sampler.domain.off_policy_verdict import Answer, smallest_difference, verdict_on

SITUATIONS, ACTIONS = 3, 8
NAMES = ("IPW", "clipped IPW", "self-normalised", "direct method", "doubly robust", "Switch-DR")


def policies(seed):
    """Logged and evaluated probabilities, and the true chance of a reward, each (situations, actions)."""
    rng = np.random.default_rng(seed)
    logged, evaluated = (rng.dirichlet(np.full(ACTIONS, 3.0), SITUATIONS) for _ in range(2))
    return 0.7 * logged + 0.3 / ACTIONS, evaluated, chances(rng)


def chances(rng):
    return rng.beta(2, 30, (SITUATIONS, ACTIONS))


def drawn(rng, logged, evaluated, truth, count=3_000):
    situation = rng.integers(SITUATIONS, size=count)
    action = (rng.random((count, 1)) > np.cumsum(logged, axis=1)[situation]).sum(axis=1).clip(max=ACTIONS - 1)
    reward = (rng.random(count) < truth[situation, action]).astype(float)
    model = cell_means(situation, action, reward, evaluated)
    return LoggedDecisions(
        reward,
        logged[situation, action],
        evaluated[situation, action],
        model.predicted,
        model.expected,
        model.model_variance,
    )


@pytest.fixture(scope="module")
def simulated():
    """Of 600 worlds the true value of the evaluated policy, and what was estimated of it."""
    logged, evaluated, _ = policies(5)
    rng = np.random.default_rng(17)
    worlds = [chances(rng) for _ in range(600)]
    true = [float((evaluated * truth).sum(axis=1).mean()) for truth in worlds]
    return np.array(true), [estimates_of(drawn(rng, logged, evaluated, truth)) for truth in worlds]


@pytest.mark.parametrize("at", range(len(NAMES)), ids=NAMES)
def test_on_simulated_logs_estimates_are_right_on_average_and_as_sure_as_they_say(simulated, at):
    true, found = simulated
    errors = np.array([estimates[at].value for estimates in found]) - true
    assert found[0][at].name == NAMES[at]
    assert abs(errors.mean()) < 3.5 * errors.std() / np.sqrt(len(errors))
    assert 0.90 <= np.mean([estimates[at].holds(value) for estimates, value in zip(found, true, strict=True)]) <= 0.98


def test_a_difference_is_as_sure_as_it_says():
    logged, evaluated, truth = policies(6)
    rng = np.random.default_rng(3)
    true = float(((evaluated - logged) * truth).sum(axis=1).mean())
    held = [difference_of(drawn(rng, logged, evaluated, truth)).holds(true) for _ in range(500)]
    assert 0.90 <= np.mean(held) <= 0.98


def test_the_logging_policy_itself_is_worth_exactly_what_was_earned():
    logged, _, truth = policies(1)
    log = drawn(np.random.default_rng(1), logged, logged, truth)
    earned = float(np.asarray(log.reward).mean())
    found = {estimate.name: estimate.value for estimate in estimates_of(log)}
    assert found["IPW"] == found["clipped IPW"] == found["self-normalised"] == earned
    assert (difference_of(log).low, difference_of(log).high) == (0.0, 0.0)
    assert support_of(log).effective == len(log.reward)


def test_a_reward_model_that_is_right_leaves_the_weights_nothing_to_do():
    logged, evaluated, truth = policies(2)
    log = drawn(np.random.default_rng(2), logged, evaluated, truth)
    exact = replace(log, reward=log.predicted)
    found = {estimate.name: estimate.value for estimate in estimates_of(exact)}
    assert found["doubly robust"] == found["Switch-DR"] == found["direct method"]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_decisions_changes_nothing(seed):
    log = drawn(np.random.default_rng(seed), *policies(seed))
    order = np.random.default_rng(seed).permutation(len(log.reward))
    fields = ("reward", "logged", "evaluated", "predicted", "expected")
    shuffled = replace(log, **{field: np.asarray(getattr(log, field))[order] for field in fields})
    for one, two in zip(estimates_of(log), estimates_of(shuffled), strict=True):
        assert (one.value, one.low, one.high) == pytest.approx((two.value, two.low, two.high), rel=1e-12)


def test_rewards_in_another_currency_scale_every_estimate():
    log = drawn(np.random.default_rng(4), *policies(4))
    dear = LoggedDecisions(7.0 * np.asarray(log.reward), log.logged, log.evaluated)
    for one, two in zip(estimates_of(dear), estimates_of(log), strict=False):
        assert (one.value, one.low) == pytest.approx((7 * two.value, 7 * two.low))


GOOD = {"reward": [1.0, 0.0, 2.0], "logged": [0.5, 0.2, 0.3], "evaluated": [0.1, 0.0, 0.9]}


@pytest.mark.parametrize(
    "given, said",
    [
        ({"reward": []}, r"reward is empty: first bad index 0"),
        ({"reward": [1.0, np.nan, 2.0]}, r"reward\[1\] is not a number"),
        ({"reward": [[1.0]]}, r"reward is not a row of numbers: first bad index 0"),
        ({"logged": [0.5, 0.2]}, r"logged has 2 values for 3: first bad index 2"),
        ({"logged": [0.5, 0.2, 0.0]}, r"logged\[2\] is not above zero"),
        ({"logged": ["a", "b", "c"]}, r"logged is not a row of numbers"),
        ({"evaluated": [0.1, -0.1, 0.2]}, r"evaluated\[1\] is negative"),
        ({"evaluated": [np.inf, 0.1, 0.2]}, r"evaluated\[0\] is not a number"),
        ({"predicted": [0.1, 0.1, 0.1]}, r"predicted and expected go together"),
        ({"predicted": [0.1, 0.1, 0.1], "expected": [0.1, np.nan, 0.1]}, r"expected\[1\] is not a number"),
        ({"model_variance": -1.0}, r"model_variance is -1.0"),
    ],
)
def test_what_is_wrong_is_named(given, said):
    for asked in (estimates_of, support_of, difference_of, verdict_on):
        with pytest.raises(ValueError, match=said):
            asked(LoggedDecisions(**{**GOOD, **given}))


def log_of(reward, weight):
    return LoggedDecisions(reward, np.full(len(reward), 0.5), 0.5 * np.asarray(weight))


@pytest.mark.parametrize(
    "reward, weight, answer, because",
    [
        (np.tile([1.0, 0.0], 40), np.ones(80), Answer.REFUSED, "worth 80 decisions"),
        (np.r_[np.ones(20), np.zeros(980)], np.ones(1000), Answer.REFUSED, "earned something"),
        (np.ones(1000), np.r_[200.0, np.ones(999)], Answer.REFUSED, "carries 17% of all weight"),
        (np.tile([1.0, 0.0], 500), np.full(1000, 1.4), Answer.REFUSED, "overlap too little"),
        (np.tile([1.0, 0.0], 500), np.tile([1.01, 0.99], 500), Answer.BETTER, ""),
        (np.tile([1.0, 0.0], 500), np.tile([0.7, 1.3], 500), Answer.WORSE, ""),
        (np.tile([1.0, 0.0], 500), np.tile([1.3, 1.3, 0.7, 0.7], 250), Answer.CANNOT_TELL, "holds zero"),
    ],
)
def test_policies_are_ranked_only_where_the_log_can_tell(reward, weight, answer, because):
    verdict = verdict_on(log_of(reward, weight))
    assert verdict.answer == answer
    assert because in " ".join(verdict.because)


@pytest.mark.parametrize("sharpness", [3.0, 1.0, 0.4])
def test_policies_that_earn_the_same_are_seldom_ranked(sharpness):
    """However little they overlap: what is left after the refusals is wrong about one time in twenty."""
    rng, answers = np.random.default_rng(11), []
    for _ in range(500):
        logged, evaluated = (rng.dirichlet(np.full(ACTIONS, sharpness)) for _ in range(2))
        logged = 0.7 * logged + 0.3 / ACTIONS
        action = rng.choice(ACTIONS, size=1_500, p=logged)
        log = LoggedDecisions((rng.random(1_500) < 0.06).astype(float), logged[action], evaluated[action])
        answers.append(verdict_on(log).answer)
    asked = [answer for answer in answers if answer != Answer.REFUSED]
    assert len(asked) > 100
    assert np.mean([answer != Answer.CANNOT_TELL for answer in asked]) < 0.09


def test_more_decisions_show_smaller_differences():
    rng = np.random.default_rng(0)
    small, large = (log_of(rng.random(n) < 0.1, rng.uniform(0.5, 1.5, n)) for n in (1_000, 16_000))
    assert smallest_difference(small) == pytest.approx(4 * smallest_difference(large), rel=0.2)
