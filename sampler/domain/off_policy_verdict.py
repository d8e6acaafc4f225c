"""Whether a log can say which of two policies is better, and which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sampler.domain.logged_decisions import LoggedDecisions
from sampler.domain.off_policy import DEVIATIONS, Estimate, Support, difference_of, support_of

FEWEST_EFFECTIVE, FEWEST_EVENTS = 100.0, 30.0
HEAVIEST, MEAN_WEIGHT_OFF = 0.10, 0.25


class Answer(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    CANNOT_TELL = "cannot tell"
    REFUSED = "refused"


@dataclass(frozen=True)
class Verdict:
    """`because` says in a sentence each why nothing is ranked; empty where something is."""

    answer: Answer
    difference: Estimate
    support: Support
    because: tuple[str, ...] = ()


def too_few_decisions(support: Support) -> str | None:
    if support.effective >= FEWEST_EFFECTIVE:
        return None
    return f"the log is worth {support.effective:,.0f} decisions of the other policy; it takes {FEWEST_EFFECTIVE:.0f}"


def too_few_events(support: Support) -> str | None:
    if support.events >= FEWEST_EVENTS:
        return None
    return f"it is worth {support.events:,.0f} decisions that earned something; it takes {FEWEST_EVENTS:.0f}"


def one_decision_carries_it(support: Support) -> str | None:
    if support.heaviest <= HEAVIEST:
        return None
    return f"one decision carries {support.heaviest:.0%} of all weight; at most {HEAVIEST:.0%} may"


def weights_do_not_add_up(support: Support) -> str | None:
    if abs(support.mean_weight - 1) <= MEAN_WEIGHT_OFF:
        return None
    return f"weights are {support.mean_weight:.2f} on average where they should be 1: the policies overlap too little"


REFUSALS = (too_few_decisions, too_few_events, one_decision_carries_it, weights_do_not_add_up)


def verdict_on(log: LoggedDecisions) -> Verdict:
    """Whether the evaluated policy earns more than the logged one did. ValueError as `estimates_of`."""
    support, difference = support_of(log), difference_of(log)
    because = tuple(reason for rule in REFUSALS if (reason := rule(support)))
    if because:
        return Verdict(Answer.REFUSED, difference, support, because)
    if difference.holds(0.0):
        return Verdict(Answer.CANNOT_TELL, difference, support, ("the interval of the difference holds zero",))
    return Verdict(Answer.BETTER if difference.value > 0 else Answer.WORSE, difference, support)


def smallest_difference(log: LoggedDecisions) -> float:
    """The difference that such a log would show four times in five: 2.8 standard errors (two-sided 5 %, power 80 %)."""
    difference = difference_of(log)
    return 2.8 * (difference.high - difference.value) / DEVIATIONS
