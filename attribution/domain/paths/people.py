"""Whose paths they are: keys that a deal names together belong to one person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class Groups:
    """Numbers that were said to belong together; each group is known by its smallest number."""

    def __init__(self) -> None:
        self._above: dict[int, int] = {}

    def join(self, numbers: Iterable[int]) -> None:
        roots = sorted({self.of(number) for number in numbers})
        for root in roots[1:]:
            self._above[root] = roots[0]

    def of(self, number: int) -> int:
        while (above := self._above.get(number, number)) != number:
            self._above[number] = self._above.get(above, above)
            number = above
        return number


def joined(deals: Sequence[Sequence[int]]) -> Groups:
    """Groups from the keys of each deal."""
    groups = Groups()
    for keys in deals:
        groups.join(keys)
    return groups
