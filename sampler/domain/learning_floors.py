"""New budgets are not cut before they were learnt, as far as the total allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sampler.domain.budget_bounds import Bounds


def spared(bounds: Sequence[Bounds], before: Sequence[int], learning: Sequence[bool], total: int) -> list[Bounds]:
    """The same bounds, the least of those that are learning raised to what they have today; all in whole units.

    Where the total is less than that takes, the total wins: what is learning may be cut, each by the same part of its step.
    """
    wanted = [
        max(min(now, bound.high) - bound.low, 0) if new else 0
        for bound, now, new in zip(bounds, before, learning, strict=True)
    ]
    asked, room = sum(wanted), max(total - sum(bound.low for bound in bounds), 0)
    part = min(room, asked)
    return [
        replace(bound, low=bound.low + (more * part // asked if more else 0))
        for bound, more in zip(bounds, wanted, strict=True)
    ]
