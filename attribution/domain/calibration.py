"""How often a shared key is the same person: a table learnt by masking matches that are certain.

Deals whose person is known are matched as if only their fingerprint and address were known; a pair is true when the click
came from a device of that person. A cell is shrunk toward the cell of its rule and sharing, and that one toward its
neighbours' fit, in the manner of Fellegi and Sunter's term frequencies: the rarer a key, the more it proves.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from attribution.domain.delays import EDGES

FINGERPRINT_AND_IP, FINGERPRINT, IP = 5, 6, 7
RULES = (FINGERPRINT_AND_IP, FINGERPRINT, IP)
SHARING_BINS = 10
FORMS = 3
"""No form known, the form fits the ad, it does not."""
PRIOR_PAIRS = 12.0

# Same person behind a shared key by log2 of the sessions that share it, on journeys with known truth: the start of a workspace.
START = {
    FINGERPRINT_AND_IP: (0.92, 0.85, 0.62, 0.50, 0.25, 0.15, 0.08, 0.05, 0.03, 0.02),
    FINGERPRINT: (0.60, 0.45, 0.12, 0.08, 0.03, 0.02, 0.01, 0.008, 0.006, 0.005),
    IP: (0.33, 0.25, 0.03, 0.02, 0.005, 0.003, 0.002, 0.001, 0.001, 0.001),
}


@dataclass(frozen=True)
class Pairs:
    """Masked pairs of deal and click. Equal lengths."""

    rule: np.ndarray
    sharing: np.ndarray
    """Sessions that share the key, ≥ 1."""
    delay: np.ndarray
    """Bin."""
    form: np.ndarray
    same: np.ndarray
    """Whether it was the same person: 0 or 1, or the chance where that is not certain."""
    weight: np.ndarray


@dataclass(frozen=True)
class Table:
    """`confidence[rule, sharing bin, delay bin, form]` with as many pairs as each cell was learnt from."""

    confidence: np.ndarray
    pairs: np.ndarray


def sharing_bins(sessions: np.ndarray) -> np.ndarray:
    return np.minimum(np.log2(np.maximum(sessions, 1)).astype(int), SHARING_BINS - 1)


def starting_table() -> Table:
    """What is assumed before anything was learnt: fading with the delay, blind to the form."""
    fade = 1 / (1 + 0.04 * np.array([0.0, *EDGES]))
    levels = np.array([START[rule] for rule in RULES])
    confidence = levels[:, :, None, None] * fade[None, None, :, None] * np.ones(FORMS)
    return Table(confidence, np.zeros_like(confidence))


def learn_table(pairs: Pairs, start: Table | None = None) -> Table:
    """Beta-smoothed shares of true pairs: rule × sharing pooled over delays and forms, then each cell toward that level.

    The pooled level moves the whole row of the starting table by a factor on the odds; a cell's own pairs move it further.
    """
    start = start or starting_table()
    shape = start.confidence.shape
    index = np.ravel_multi_index(
        (np.searchsorted(RULES, pairs.rule), sharing_bins(pairs.sharing), pairs.delay, pairs.form), shape
    )
    count = np.bincount(index, pairs.weight, minlength=start.confidence.size).reshape(shape)
    hits = np.bincount(index, pairs.weight * pairs.same, minlength=start.confidence.size).reshape(shape)
    base = start.confidence
    for axes in ((2, 3), (3,), ()):
        expected = (count * base).sum(axes, keepdims=True)
        seen, total = hits.sum(axes, keepdims=True), count.sum(axes, keepdims=True)
        level = (expected + 1e-9) / (total + 2e-9)
        moved = (seen + PRIOR_PAIRS * level) / (total + PRIOR_PAIRS)
        base = _shifted(base, _odds(moved) / _odds(np.where(total > 0, level, moved)))
    return Table(base, count)


@dataclass(frozen=True)
class Reliability:
    """Of pairs that were said to be the same person with a chance in one bin: what was said on average, and what it was."""

    said_from: float
    said_to: float
    said: float
    was: float
    pairs: int


SAID = (0.0, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def reliability(pairs: Pairs, deal: np.ndarray) -> list[Reliability]:
    """What a table says about deals that it has not learnt from: each half of the deals is judged by the other half's table."""
    half = np.unique(deal, return_inverse=True)[1] % 2 == 0
    said = np.zeros(half.size)
    for judged in (half, ~half):
        table = learn_table(_some(pairs, ~judged))
        some = _some(pairs, judged)
        said[judged] = table.confidence[
            np.searchsorted(RULES, some.rule), sharing_bins(some.sharing), some.delay, some.form
        ]
    bins = np.clip(np.searchsorted(SAID, said, side="right") - 1, 0, len(SAID) - 2)
    found = []
    for index in np.unique(bins):
        mine = bins == index
        weight = pairs.weight[mine]
        found.append(
            Reliability(
                SAID[index],
                SAID[index + 1],
                float(np.average(said[mine], weights=weight)),
                float(np.average(pairs.same[mine], weights=weight)),
                int(mine.sum()),
            )
        )
    return found


def calibration_error(found: list[Reliability]) -> float:
    """Expected calibration error: the mean distance between said and was, weighed by pairs."""
    total = sum(one.pairs for one in found)
    return sum(abs(one.said - one.was) * one.pairs for one in found) / total if total else 0.0


def _some(pairs: Pairs, which: np.ndarray) -> Pairs:
    return Pairs(*(getattr(pairs, field.name)[which] for field in fields(pairs)))


def _odds(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return p / (1 - p)


def _shifted(p: np.ndarray, factor: np.ndarray) -> np.ndarray:
    odds = _odds(p) * factor
    return np.clip(odds / (1 + odds), 1e-4, 0.995)
