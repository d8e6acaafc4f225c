"""Days as people count them: an account's local day, and ranges of days with their predecessor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def local_day(instant: datetime, timezone: str) -> date:
    return instant.astimezone(ZoneInfo(timezone)).date()


def day_begins(day: date, timezone: str) -> datetime:
    """The first instant of a local day."""
    return datetime.combine(day, time.min, ZoneInfo(timezone))


@dataclass(frozen=True)
class Period:
    """Days from `start` to `end`, both included."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"the period ends ({self.end}) before it starts ({self.start})")

    @classmethod
    def last(cls, days: int, *, end: date) -> Period:
        return cls(end - timedelta(days=days - 1), end)

    @property
    def length(self) -> int:
        return (self.end - self.start).days + 1

    def previous(self) -> Period:
        """The period of the same length right before this one."""
        return Period.last(self.length, end=self.start - timedelta(days=1))

    def days(self) -> list[date]:
        return [self.start + timedelta(days=i) for i in range(self.length)]


EVER = Period(date(1970, 1, 1), date(2199, 12, 31))
