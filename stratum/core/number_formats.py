"""How numbers and days are written in files: each way reads a cell, or does not. Which way a column is written is decided elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

GROUP_SPACE = re.compile(r"(?<=\d)[ \u00a0\u202f'’](?=\d{3}(?!\d))")
"""Spaces and apostrophes between groups of three digits."""
POINT_NUMBER = re.compile(
    r"[+-]?(?:\d{1,3}(?:,\d{2,3})*,\d{3}|\d+)?(?:\.\d*)?(?:e[+-]?\d+)?\s?%?", re.IGNORECASE | re.ASCII
)
COMMA_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)?(?:,\d*)?\s?%?", re.ASCII)
SURE_POINT = re.compile(r"-?\d+\.(?:\d{1,2}|\d{4,})|-?0\.\d+", re.ASCII)
ISO_DAY = re.compile(r"(\d{4})([-/.]?)(\d{2})\2(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?", re.ASCII)
NUMERIC_DAY = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
NAMED_DAYS = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%a, %b %d, %Y")


@dataclass(frozen=True)
class Format:
    """`canonical` returns the cell as our fields read it, None where the cell is not written so."""

    name: str
    canonical: Callable[[str], str | None]
    says: str


def _plain(text: str) -> str | None:
    """Digits without superfluous zeros behind the point, so that “12.000” for a count is 12."""
    if not any(sign.isdigit() for sign in text):
        return None
    whole, point, fraction = text.partition(".")
    return whole if point and fraction and not fraction.strip("0") else text


def _point(cell: str) -> str | None:
    text = GROUP_SPACE.sub("", cell)
    return _plain(text.replace(",", "")) if POINT_NUMBER.fullmatch(text) else None


def _comma(cell: str) -> str | None:
    text = GROUP_SPACE.sub("", cell)
    return _plain(text.replace(".", "").replace(",", ".")) if COMMA_NUMBER.fullmatch(text) else None


def _iso(cell: str) -> str | None:
    found = ISO_DAY.fullmatch(cell)
    return f"{found[1]}-{found[3]}-{found[4]}" if found else None


def _numeric_day(day: int, month: int) -> Callable[[str], str | None]:
    def canonical(cell: str) -> str | None:
        found = NUMERIC_DAY.fullmatch(cell)
        if not found or (found[2] == "." and day == 3):  # with points the day comes first everywhere
            return None
        return f"{found[4]}-{found[month]:0>2}-{found[day]:0>2}"

    return canonical


def _named_day(cell: str) -> str | None:
    for form in NAMED_DAYS:
        try:
            return datetime.strptime(cell, form).date().isoformat()  # noqa: DTZ007 - a day has no time zone
        except ValueError:
            continue
    return None


POINT = Format("point", _point, "decimal point")
COMMA = Format("comma", _comma, "decimal comma")
ISO = Format("iso", _iso, "year first")
DAY_FIRST = Format("dmy", _numeric_day(day=1, month=3), "day first")
MONTH_FIRST = Format("mdy", _numeric_day(day=3, month=1), "month first")
NAMED = Format("named", _named_day, "month by name")
NUMBERS = (POINT, COMMA)
DAYS = (ISO, DAY_FIRST, MONTH_FIRST, NAMED)
