"""What a reader asked for, from the address: `?from=2026-11-01&to=2026-11-20&compare=previous&basis=cash&account=3&level=adset`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from attribution.selectors import Basis, Level, first_day
from dashboard.today import last_full_day
from stratum.core.models import Workspace
from stratum.core.periods import Period, day_begins

PRESETS = {"7": "Last 7 days", "14": "Last 14 days", "28": "Last 28 days", "90": "Last 90 days"}
DEFAULT_DAYS = 28
LONGEST_DAYS = 1100
LONGEST_TEXT = 500


class BadQuery(ValueError):
    """A parameter that cannot be used; says which and what would fit."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


@dataclass(frozen=True)
class Query:
    period: Period
    basis: Basis = Basis.ACCRUAL
    compare: bool = True
    account: int | None = None
    level: Level = Level.CAMPAIGN
    parent: int | None = None
    platform: str | None = None
    audience: str | None = None
    """Empty: not told."""

    @classmethod
    def read(cls, given: Mapping[str, str], workspace: Workspace) -> Query:
        """Reads the parameters. Without dates: the last 28 full days of data. BadQuery otherwise."""
        end = _day(given, "to") or last_full_day(workspace)
        days = _whole(given, "days", DEFAULT_DAYS)
        if days > LONGEST_DAYS:
            raise BadQuery("days", f"must be at most {LONGEST_DAYS}")
        start = _day(given, "from") or end - timedelta(days=days - 1)
        if not 0 <= (end - start).days < LONGEST_DAYS:
            raise BadQuery("from", f"must lie before “to”, by at most {LONGEST_DAYS} days")
        return cls(
            period=Period(start, end),
            basis=_one_of(given, "basis", Basis, Basis.ACCRUAL),
            compare=given.get("compare", "previous") != "none",
            account=_whole(given, "account", None),
            level=_one_of(given, "level", Level, Level.CAMPAIGN),
            parent=_whole(given, "parent", None),
            platform=_text(given, "platform"),
            audience=_text(given, "audience"),
        )

    def before(self) -> Period | None:
        """The period to compare with: None when nobody asked, or when the data does not reach back over all of it."""
        previous, first = self.period.previous(), first_day()
        return previous if self.compare and first and first <= previous.start else None

    def address(self, **changes: object) -> str:
        """This query with some parts changed, as the part of a link after the `?`."""
        other = replace(self, **changes)
        parts = {"from": other.period.start, "to": other.period.end, "basis": other.basis, "level": other.level}
        narrowed = ("account", "parent", "platform", "audience")
        parts |= {name: value for name in narrowed if (value := getattr(other, name)) is not None}
        return urlencode(parts if other.compare else {**parts, "compare": "none"})


def read_as_of(given: Mapping[str, str], workspace: Workspace) -> datetime | None:
    """`as_of`: an instant with its offset, or a day, which means the end of it; None where nobody asked. BadQuery otherwise."""
    text = (given.get("as_of") or "").strip()
    if not text:
        return None
    if len(text) <= 10:
        return day_begins(_day({"as_of": text}, "as_of") + timedelta(days=1), workspace.timezone) - timedelta.resolution
    try:
        # A plus sign that was not escaped in the address arrives as a space.
        asked = datetime.fromisoformat(text.replace(" ", "+") if text.count(" ") == 1 and "T" in text else text)
    except ValueError:
        raise BadQuery("as_of", "must be a day like 2026-11-21 or an instant like 2026-11-21T15:00:00Z") from None
    if asked.tzinfo is None or not 1990 < asked.year < 2100:
        raise BadQuery("as_of", "an instant needs an offset, such as +00:00, and a year that can be meant")
    return asked


def _day(given: Mapping[str, str], name: str) -> date | None:
    if not given.get(name):
        return None
    try:
        day = date.fromisoformat(given[name])
    except ValueError:
        raise BadQuery(name, "must be a day like 2026-11-21") from None
    if not 1990 < day.year < 2100:
        raise BadQuery(name, f"the year {day.year} cannot be meant")
    return day


def _whole(given: Mapping[str, str], name: str, default: int | None) -> int | None:
    text = given.get(name) or ""
    if not text:
        return default
    if len(text) > 10 or not text.isascii() or not text.isdigit() or not 0 < int(text) < 2**31:
        raise BadQuery(name, "must be a positive whole number")
    return int(text)


def _text(given: Mapping[str, str], name: str) -> str | None:
    text = given.get(name)
    if text is not None and (len(text) > LONGEST_TEXT or "\x00" in text):
        raise BadQuery(name, f"must be a text of at most {LONGEST_TEXT} characters")
    return text


def _one_of(given: Mapping[str, str], name: str, kind: type, default: object) -> object:
    try:
        return kind(given.get(name) or default)
    except ValueError:
        raise BadQuery(name, f"must be one of {', '.join(kind)}") from None
