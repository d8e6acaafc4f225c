"""What is known of an ad before its own sales have spoken: from other accounts, from winners that look like it, from predictions.

A boost is a factor on what its account promises of revenue per spend. It fades by itself as the ad's own conversions come in
(`portfolio/outlook.py`), and it is told in the reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, isfinite, log

CROSS_LEARNER, SIMILAR_WINNER, PREDICTION = "cross_learner", "similar_winner", "prediction"
LEAST_ACCOUNTS, LEAST_ROAS = 3, 2.0
RANGES = {CROSS_LEARNER: (1.05, 1.20), SIMILAR_WINNER: (1.0, 1.30), PREDICTION: (1 / 1.3, 1.30)}
"""The least and the most factor of each kind."""
MOST_TOGETHER = 1.5


@dataclass(frozen=True)
class Boost:
    """`accounts` and `roas` are what a pattern across accounts was seen in; other kinds leave them out."""

    ad_id: int
    kind: str
    factor: float
    sentence: str
    accounts: int | None = None
    roas: float | None = None


def refuse_bad_boosts(boosts: Sequence[Boost]) -> None:
    """ValueError naming the first boost that its kind does not allow, and why."""
    for number, boost in enumerate(boosts):
        why = _why_not(boost)
        if why:
            raise ValueError(f"boost {number} of ad {boost.ad_id}: {why}")


def _why_not(boost: Boost) -> str:
    if boost.kind not in RANGES:
        return f"{boost.kind} is none of {', '.join(RANGES)}"
    least, most = RANGES[boost.kind]
    if not isfinite(boost.factor) or not least - 1e-9 <= boost.factor <= most + 1e-9:
        return f"a factor of {boost.factor} is not between {least:.2f} and {most:.2f}"
    if boost.kind == CROSS_LEARNER and (boost.accounts or 0) < LEAST_ACCOUNTS:
        return f"a pattern of {boost.accounts or 0} accounts is no pattern; it takes {LEAST_ACCOUNTS}"
    if boost.kind == CROSS_LEARNER and (boost.roas or 0.0) < LEAST_ROAS:
        return f"a pattern that returns {boost.roas or 0.0:g}× is not worth copying; it takes {LEAST_ROAS:g}×"
    return "" if boost.sentence.strip() else "it says no reason"


def together(boosts: Iterable[Boost]) -> float:
    """Log of the factor of an ad's boosts, at most MOST_TOGETHER either way; 0 without any."""
    return max(min(sum(log(boost.factor) for boost in boosts), log(MOST_TOGETHER)), -log(MOST_TOGETHER))


def of_holder(shares: Sequence[tuple[float, float]]) -> float:
    """Log factor of a budget from (share of its spend, log factor) of its ads; shares need not sum to one, nothing spent counts alike."""
    total = sum(share for share, _ in shares)
    if not shares:
        return 0.0
    weights = [share / total if total > 0 else 1 / len(shares) for share, _ in shares]
    return log(sum(weight * exp(factor) for weight, (_, factor) in zip(weights, shares, strict=True)))
