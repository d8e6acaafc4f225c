"""What a platform's answers held that could not be used: counted, named, and never a reason to stop."""

from __future__ import annotations

from collections import Counter
from typing import Any

MOST_EXAMPLE = 120


class Findings:
    """Parts of answers that were left out or repaired since the connector was made."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, str] = {}

    def add(self, what: str, example: Any = "") -> None:
        """`what`: a sentence that says what was wrong and what was done. `example`: the first such element."""
        self._counts[what] += 1
        self._examples.setdefault(what, str(example)[:MOST_EXAMPLE])

    def holds(self, *what: str) -> bool:
        return any(self._counts[one] for one in what)

    def as_json(self) -> list[dict[str, Any]]:
        """The most frequent first."""
        return [
            {"what": what, "count": count, "example": self._examples[what]}
            for what, count in self._counts.most_common()
        ]
