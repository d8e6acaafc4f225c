"""What another policy would have earned, from decisions that were logged with the chance they had."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sampler.domain.logged_decisions import Checked, LoggedDecisions, checked

Array = NDArray[np.float64]
DEVIATIONS = 1.959964
"""Of a normal distribution, for an interval of 95 %."""


@dataclass(frozen=True)
class Estimate:
    """A policy's mean reward a decision, with its 95 % interval.

    Intervals are asymptotic: value ± 1.96·√(Σ influence²/(n(n - 1))), `influence` being what one decision moves the estimate by
    (the delta method; Owen, Monte Carlo theory, methods and examples, 2013, equations 9.3 and 9.9). They know of chance alone: not of
    the bias that clipping or a reward model brings.
    """

    name: str
    value: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Support:
    """How much of the log speaks for the evaluated policy."""

    decisions: int
    effective: float
    """Kish's effective sample size (Σw)²/Σw² (Survey sampling, 1965)."""
    events: float
    """The same of the decisions that earned anything: (Σwr)²/Σ(wr)²."""
    heaviest: float
    """The part of all weight that one decision carries."""
    mean_weight: float
    """1 in expectation where the logged policy could do all that the evaluated one does."""


def support_of(log: LoggedDecisions) -> Support:
    """ValueError as `estimates_of`."""
    rows = checked(log)
    weight, earned = rows.weight, np.abs(rows.weight * rows.reward)
    total = max(float(weight.sum()), 1e-300)
    return Support(
        decisions=len(weight),
        effective=_effective(weight),
        events=_effective(earned),
        heaviest=float(weight.max()) / total,
        mean_weight=float(weight.mean()),
    )


def estimates_of(log: LoggedDecisions) -> tuple[Estimate, ...]:
    """Inverse propensity weighting (Horvitz & Thompson 1952), clipped at √n (Ionides 2008), self-normalised (Hájek; Swaminathan & Joachims
    2015) and, where the log has a reward model's predictions, the direct method, doubly robust (Dudík, Langford & Li 2011) and
    Switch-DR, which asks the model alone where a weight is above √n (Wang, Agarwal & Dudík 2017).

    The order of decisions changes nothing but rounding. ValueError, naming the field and the first bad index, for what
    `LoggedDecisions` does not allow.
    """
    rows = checked(log)
    weight, reward, most = rows.weight, rows.reward, np.sqrt(len(rows.weight))
    found = [
        _mean("IPW", weight * reward),
        _mean("clipped IPW", np.minimum(weight, most) * reward),
        self_normalised(rows),
    ]
    if rows.predicted is not None and rows.expected is not None:
        missed = weight * (reward - rows.predicted)
        found += [
            _mean("direct method", rows.expected, rows.model_variance),
            _mean("doubly robust", rows.expected + missed),
            _mean("Switch-DR", rows.expected + np.where(weight <= most, missed, 0.0)),
        ]
    return tuple(found)


def difference_of(log: LoggedDecisions) -> Estimate:
    """The self-normalised value less what was earned: both are of the same decisions, so that much of chance falls away."""
    rows = checked(log)
    other, own = _self_normalised(rows)
    earned = float(rows.reward.mean())
    return _with_interval("difference", other - earned, own - (rows.reward - earned))


def self_normalised(rows: Checked) -> Estimate:
    return _with_interval("self-normalised", *_self_normalised(rows))


def _self_normalised(rows: Checked) -> tuple[float, Array]:
    total = float(rows.weight.sum())
    if total <= 0:
        return 0.0, np.zeros(len(rows.weight))
    value = float((rows.weight * rows.reward).sum() / total)
    return value, rows.weight * (rows.reward - value) * (len(rows.weight) / total)


def _mean(name: str, each: Array, more_variance: float = 0.0) -> Estimate:
    value = float(each.mean())
    return _with_interval(name, value, each - value, more_variance)


def _with_interval(name: str, value: float, influence: Array, more_variance: float = 0.0) -> Estimate:
    count = len(influence)
    variance = float((influence**2).sum()) / (count * max(count - 1, 1)) + more_variance
    reach = DEVIATIONS * float(np.sqrt(variance))
    return Estimate(name, value, value - reach, value + reach)


def _effective(weight: ArrayLike) -> float:
    weight = np.asarray(weight, dtype=np.float64)
    squares = float((weight**2).sum())
    return float(weight.sum()) ** 2 / squares if squares > 0 else 0.0
