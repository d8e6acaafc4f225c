from __future__ import annotations

import re
from datetime import date

from attribution.domain.user_data.findings import LeftOut

MONTH_FIRST = frozenset({"US", "PH", "PR", "GU", "MH", "FM"})


def birth_date(text: str, region: str) -> str:
    """YYYYMMDD. With slashes the month comes first in the USA and the day elsewhere; LeftOut where that would be a guess."""
    parts = [int(part[:9]) for part in re.findall(r"\d+", text)]
    if len(parts) == 1 and re.fullmatch(r"\d{8}", text.strip()):
        return _checked(int(text.strip()[:4]), int(text.strip()[4:6]), int(text.strip()[6:]))
    if len(parts) < 3:
        raise LeftOut("it is not a date")
    if parts[0] > 31:
        return _checked(*parts[:3])
    first, second, year = parts[:3]
    if "/" not in text or first > 12:
        return _checked(year, second, first)
    if second > 12:
        return _checked(year, first, second)
    if not region and first != second:
        raise LeftOut("nobody knows which is the month, and the destination has no default region")
    day_month = (second, first) if region in MONTH_FIRST else (first, second)
    return _checked(year, day_month[1], day_month[0])


def _checked(year: int, month: int, day: int) -> str:
    try:
        born = date(year, month, day)
    except (ValueError, OverflowError):
        raise LeftOut("there is no such day") from None
    if not 1900 <= year <= 2100:
        raise LeftOut("the year cannot be meant")
    return f"{born:%Y%m%d}"
