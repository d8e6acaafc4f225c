"""Moves that are not worth a change are taken back, and the others make up for them, so that what is sent sums to what was planned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

PART = 0.01
"""Of a budget: a smaller move, if it is below one unit of money too, is a trifle."""


def without_trifles(
    before: Sequence[int],
    after: Sequence[int],
    *,
    low: Sequence[int],
    high: Sequence[int],
    money: float,
    keys: Sequence[int],
) -> list[int]:
    """`after` with each trifle taken back to `before`; who moves anyway takes over what it was, within `low` and `high`.

    Whole units in and out, `money` being how many of them one unit of money is. Where nobody has room for it the sum is off by it.
    """
    held = list(after)
    least = [min(PART * budget, money) for budget in before]
    settled: set[int] = set()
    while trifles := [i for i in range(len(held)) if i not in settled and 0 < abs(held[i] - before[i]) < least[i]]:
        rest = sum(held[i] - before[i] for i in trifles)
        settled.update(trifles)
        for i in trifles:
            held[i] = before[i]
        for i, most in _with_room(held, before, low, high, rest, keys):
            move = min(most, abs(rest)) if rest > 0 else -min(most, abs(rest))
            if i in settled and abs(held[i] + move - before[i]) < least[i]:
                continue
            held[i] += move
            rest -= move
    return held


def _with_room(
    held: Sequence[int], before: Sequence[int], low: Sequence[int], high: Sequence[int], rest: int, keys: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """Who may take some of the rest, and how much at most: those that move first, the most room first."""
    room = [top - now if rest > 0 else now - bottom for now, bottom, top in zip(held, low, high, strict=True)]
    order = sorted(range(len(held)), key=lambda i: (held[i] == before[i], -room[i], keys[i]))
    return ((i, room[i]) for i in order if room[i] > 0)
