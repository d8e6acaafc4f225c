"""Ids as spreadsheets and exports write them. One thing has one id, however a program wrote it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from stratum.core.rows import BadField, text

EXACT_FLOAT = 2**53
FORMULA = re.compile(r'^="(.*)"$')
SCIENTIFIC = re.compile(r"^(?:\d+[.,]\d+e\+?\d{1,3}|\d+e\+\d{1,3}|\d[eE]\d{2})$", re.IGNORECASE | re.ASCII)
WHOLE_FLOAT = re.compile(r"^(\d+)[.,]0+$", re.ASCII)
EXPORT_PREFIX = re.compile(r"^(?:ag|as|ad|a|cg|c|s|x):(?=\d{6,}$)", re.IGNORECASE | re.ASCII)
"""Meta's bulk export writes the kind of thing before its number."""


def normal_id(raw: str) -> str:
    """The id without what spreadsheets add: `="…"`, a leading apostrophe, `.0` of a float, the prefix of a bulk export."""
    value = raw.strip()
    if formula := FORMULA.match(value):
        value = formula[1].strip()
    value = EXPORT_PREFIX.sub("", value.lstrip("'’").strip())
    whole = WHOLE_FLOAT.match(value)
    return whole[1] if whole else value


def identifier(most: int) -> Callable[[str, Any], str]:
    """Reads an id. Refuses one in scientific notation: its last digits are lost."""
    as_text = text(most)

    def read(name: str, raw: Any) -> str:
        if isinstance(raw, float):
            raw = _of_float(name, raw)
        value = normal_id(as_text(name, raw))
        if SCIENTIFIC.match(value):
            raise BadField(name, _lost(value))
        if not value:
            raise BadField(name, "is missing")
        return value

    return read


def _of_float(name: str, raw: float) -> int:
    if not raw.is_integer() or abs(raw) > EXACT_FLOAT:
        raise BadField(name, _lost(str(raw)[:40]))
    return int(raw)


def _lost(value: str) -> str:
    return f"“{value}” is in scientific notation, so the last digits of the id are lost: format the column as text and export again"
