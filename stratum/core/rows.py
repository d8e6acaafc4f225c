"""Rows from outside (CSV lines, JSON objects) read field by field, strictly. The one who sent them learns which, and why."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from stratum.core.currencies import currencies

T = TypeVar("T")
_THOUSANDS_OR_NOT = re.compile(r"\d{1,3}\.000", re.ASCII)
LONGEST_FRACTION = 40
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


class BadField(ValueError):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


class BadRow(ValueError):
    def __init__(self, problems: list[BadField]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


CURRENCY = "currency"


@dataclass(frozen=True)
class Field(Generic[T]):
    """How one field is read: `required`, the value when it is absent, and what turns text or JSON into the value."""

    read: Callable[[str, Any], T]
    required: bool = False
    default: Any = None
    round_to: int | str | None = None
    """Decimals to which longer fractions are rounded; CURRENCY: those of the row's currency."""
    is_number: bool = False
    """Files may write it with a decimal comma; the whole column decides."""
    is_day: bool = False
    """Files may write it day or month first; the whole column decides."""


def read_row(row: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    """The fields' values by name. Raises BadRow with every problem of the row; fields that are not named are ignored."""
    values, problems = {}, []
    for name, field in fields.items():
        raw = row.get(name)
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            values[name] = field.default
            if field.required:
                problems.append(BadField(name, "is missing"))
            continue
        try:
            values[name] = field.read(name, raw)
        except BadField as problem:
            problems.append(problem)
    if problems:
        raise BadRow(problems)
    return values


def text(most: int) -> Callable[[str, Any], str]:
    def read(name: str, raw: Any) -> str:
        if isinstance(raw, bool) or not isinstance(raw, (str, int)):
            raise BadField(name, f"must be text, not {type(raw).__name__}")
        value = str(raw).strip()
        if _NOT_STORABLE.search(value):
            raise BadField(name, "holds a NUL or half a surrogate pair")
        if len(value) > most:
            raise BadField(name, f"is longer than {most} characters")
        return value

    return read


def currency_code(name: str, raw: Any) -> str:
    if not isinstance(raw, str) or raw.strip().upper() not in currencies():
        raise BadField(name, f"must be an ISO 4217 code in use like USD, not {str(raw)[:40]!r}")
    return raw.strip().upper()


def one_of(*allowed: str) -> Callable[[str, Any], str]:
    def read(name: str, raw: Any) -> str:
        if raw not in allowed:
            raise BadField(name, f"must be one of {', '.join(allowed)}, not {str(raw)[:40]!r}")
        return raw

    return read


def decimal(
    *, least: Decimal | None = None, most: Decimal | None = None, places: int | None = 6
) -> Callable[[str, Any], Decimal]:
    """`places` None: fractions may be longer than six decimals, up to those of a float; `round_long_fractions` rounds them."""

    def read(name: str, raw: Any) -> Decimal:
        if isinstance(raw, (bool, list, dict)) or (isinstance(raw, float) and not math.isfinite(raw)):
            raise BadField(name, f"must be a number, not {str(raw)[:40]!r}")
        try:
            value = Decimal(str(raw).strip())
        except InvalidOperation:
            raise BadField(name, f"must be a number, not {str(raw)[:40]!r}") from None
        if not value.is_finite():
            raise BadField(name, f"must be a finite number, not {str(raw)[:40]}")
        if least is not None and value < least:
            raise BadField(name, f"must be at least {least}, not {str(raw)[:40]}")
        if most is not None and value > most:
            raise BadField(name, f"must be at most {most}, not {str(raw)[:40]}")
        if value.adjusted() >= 12 or value.as_tuple().exponent < -(places or LONGEST_FRACTION):
            how_many = {6: "six", 9: "nine"}.get(places, places or LONGEST_FRACTION)
            raise BadField(name, f"must be below 1,000,000,000,000 and have at most {how_many} decimals")
        return value

    return read


def whole(*, least: int = 0, most: int = 2**53) -> Callable[[str, Any], int]:
    number = decimal()

    def read(name: str, raw: Any) -> int:
        if isinstance(raw, str) and _THOUSANDS_OR_NOT.fullmatch(raw.strip()):
            raise BadField(
                name,
                f"{raw.strip()!r} may be {raw.split('.')[0].strip()} or {raw.strip().replace('.', '')}: write it without a point",
            )
        value = number(name, raw)
        if value != value.to_integral_value():
            raise BadField(name, f"must be a whole number, not {str(raw)[:40]}")
        if not least <= value <= most:
            raise BadField(name, f"must be between {least} and {most}, not {str(raw)[:40]}")
        return int(value)

    return read


def real(*, least: float = 0.0, most: float = 1e11) -> Callable[[str, Any], float]:
    number = decimal(least=Decimal(str(least)), most=Decimal(str(most)), places=None)
    return lambda name, raw: float(number(name, raw))


def boolean(name: str, raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if str(raw).strip().lower() not in known:
        raise BadField(name, f"must be true or false, not {str(raw)[:40]!r}")
    return known[str(raw).strip().lower()]


def _without_weeks(raw: Any) -> str:
    """The text, if it names a day by its month. Python also reads ISO weeks, such as 2026-W40, as a Monday."""
    value = str(raw).strip()
    if "W" in value.upper():
        raise ValueError("an ISO week is not a day")
    return value


def day(name: str, raw: Any) -> date:
    try:
        value = date.fromisoformat(_without_weeks(raw))
    except ValueError:
        raise BadField(name, f"must be a day like 2026-11-21, not {str(raw)[:40]!r}") from None
    if not 1990 < value.year < 2100:
        raise BadField(name, f"the year {value.year} cannot be meant")
    return value


def instant(name: str, raw: Any) -> datetime:
    """A time with its offset; one without is refused rather than guessed."""
    try:
        value = datetime.fromisoformat(_without_weeks(raw))
    except ValueError:
        raise BadField(name, f"must be a time like 2026-11-21T13:00:00Z, not {str(raw)[:40]!r}") from None
    if value.tzinfo is None:
        raise BadField(name, "needs an offset, such as 2026-11-21T13:00:00Z")
    if not 1990 < value.year < 2100:
        raise BadField(name, f"the year {value.year} cannot be meant")
    return value.astimezone(UTC)
