"""The set-based statements, a file each. `{asked}` is where the deals to work on come from: an array, or a table for many."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from attribution.domain.delays import EDGES

FOLDER = Path(__file__).parent


SHARED = ("allowed", "identified", "probable", "split", "post")
DELAYS = "ARRAY[" + ", ".join(f"{edge!r}::float8" for edge in EDGES) + "]"


@cache
def statement(name: str, asked: str = "") -> str:
    """The text of one statement, with the parts that several share filled in; parameters stay `%(name)s`."""
    text = _text(name)
    for part in SHARED:
        text = text.replace("{" + part + "}", _text(part).rstrip())
    return text.replace("{delays}", DELAYS).replace("{asked}", asked)


def _text(name: str) -> str:
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")
