"""How a total was split, whichever policy split it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sampler.domain.expected_return import Expected
from sampler.domain.reasons import Reason


@dataclass(frozen=True)
class HolderSplit:
    """One budget holder's part: whole minor units after, why, and what is expected of it at the new budget."""

    after: int
    because: tuple[Reason, ...]
    would_change_our_mind: str
    outlook: Expected
    clicks: float
    conversions: float
    best: float
    """The probability that its next unit returns more than that of any other, at today's budgets."""
    gain: float = 0.0
    """Expected revenue a day, major units, that the plan has through this change; 0 where nothing tells."""
    curve: Mapping[str, Any] | None = None
    """What a chart of expected revenue by budget needs; see `curve_reasons.Curve`."""
    grounds: Mapping[str, Any] | None = None
    """What the forecast rests on; see `seen_and_expected.Grounds`."""


@dataclass(frozen=True)
class Split:
    """`parts` in the order of the holders. `outlook` is the return expected of all the account's budgets on the plan's day.

    `standing` is the same at today's budgets, None where no curve is known; `weekday` what that day's clicks are worth against the week's.
    `basis` says how the split came about.
    """

    policy: str
    parts: tuple[HolderSplit, ...]
    outlook: Expected
    basis: tuple[str, ...]
    explored: float
    """The part of the total that lies elsewhere than expectations alone would have put it."""
    inputs: tuple[Mapping[str, Any], ...]
    """By holder: what decided, so that the plan can be made again and its draws be weighed later."""
    standing: Expected | None = None
    weekday: float = 1.0

    @property
    def after(self) -> list[int]:
        return [part.after for part in self.parts]
