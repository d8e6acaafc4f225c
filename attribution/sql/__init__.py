"""The set-based statements, a file each. `{asked}` is where the deals to work on come from: one that is given, or a table for many."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from attribution.domain.delays import EDGES

FOLDER = Path(__file__).parent


STANDING = """(
    SELECT * FROM attribution_ledgerentry line WHERE line.workspace_id = %(workspace)s AND line.deal_id = work.id OFFSET 0
)"""
"""The lines of one deal, looked up: while a ledger grows quickly the planner thinks it small and would read all of it."""
MAY_BE_RECOGNISED = """(
    NOT deal.region = ANY(allowed.closed_regions)
    AND coalesce((SELECT contact.consent FROM attribution_contact contact WHERE contact.id = deal.contact_id), allowed.consent) >= allowed.consent
)"""
"""Whether a lead may be matched by fingerprint and address: neither did it say no, nor is its country closed to it."""
SHARED = ("allowed", "identified", "browsers_of_click", "probable", "split", "post")
TOO_MANY = 129
"""Touches that share a key before it counts as hot: of more than 128, one in a hundred is the same person."""
DELAYS = "ARRAY[" + ", ".join(f"{edge!r}::float8" for edge in EDGES) + "]"


@cache
def statement(name: str, asked: str = "", locked: str = "") -> str:
    """The text of one statement, with the parts that several share filled in; parameters stay `%(name)s`."""
    text = _text(name)
    for part in SHARED:
        text = text.replace("{" + part + "}", _text(part).rstrip())
    text = text.replace("{standing}", STANDING).replace("{may_be_recognised}", MAY_BE_RECOGNISED)
    text = text.replace("{asked}", asked).replace("{locked}", locked)
    return text.replace("{delays}", DELAYS).replace("{too_many}", str(TOO_MANY))


def _text(name: str) -> str:
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


@cache
def numbered(text: str) -> tuple[bytes, tuple[str, ...]]:
    """The text as it is sent, with `$1`, `$2`, … for its named parameters, and their names in that order."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return re.sub(r"%\((\w+)\)s", number, text).encode(), tuple(names)
