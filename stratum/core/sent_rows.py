"""Rows as a file or a call sends them: each is stored, rejected with a reason, or merged with another. None is lost silently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from stratum.core.identifiers import normal_id
from stratum.core.models import Workspace
from stratum.core.number_formats import DAYS
from stratum.core.rounding import round_long_fractions
from stratum.core.rows import BadRow, Field, read_row


@dataclass(frozen=True)
class SentRow:
    """`position`: line of a file or index in a call. `others`: columns that are no fields."""

    position: int
    values: dict[str, Any]
    others: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, order=True)
class Problem:
    position: int
    field: str
    reason: str


@dataclass
class Outcome:
    """What became of rows. `notes`: sentences with `{n}` for the number of rows that each is about."""

    stored: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def add(self, other: Outcome) -> None:
        self.stored += other.stored
        self.problems += other.problems
        self.notes.update(other.notes)

    @property
    def rejected(self) -> int:
        return len({problem.position for problem in self.problems})

    def sentences(self) -> list[str]:
        return [note.replace("{n}", f"{count:,}") for note, count in self.notes.items()]


@dataclass(frozen=True)
class RowKind:
    """One kind of rows. `key`: what makes a row unique. `settle` turns the rows of one key into those to store, and problems."""

    fields: Mapping[str, Field]
    key: Sequence[str]
    settle: Callable[[list[SentRow]], tuple[list[SentRow], list[Problem]]]
    store: Callable[[Workspace, list[SentRow]], Outcome]
    aliases: Callable[[Sequence[str]], Mapping[str, str]] = lambda header: {}
    """Given a header, the column of each field that a known export names otherwise."""
    is_part: Callable[[Iterable[str]], bool] = lambda columns: False
    """Whether rows with these columns may be parts of what their key names, such as a day's spend by device."""
    implied: Callable[[Sequence[str]], Mapping[str, str]] = lambda header: {}
    """What a header says of every row, such as the currency of “Amount spent (EUR)”."""

    def key_of(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(row.get(name) for name in self.key)


ROUNDED = "{n} rows had amounts longer than six decimals, which were rounded to the currency."


def read_sent(kind: RowKind, row: Mapping[str, Any], position: int, currency: str) -> tuple[SentRow, bool]:
    """The row, and whether one of its amounts was rounded. BadRow names what is wrong."""
    values = read_row(row, kind.fields)
    is_rounded = round_long_fractions(values, kind.fields, currency)
    return SentRow(position, values, {name: row[name] for name in row if name not in kind.fields}), is_rounded


def problems_of(bad: BadRow, position: int) -> list[Problem]:
    return [Problem(position, one.field, one.reason) for one in bad.problems]


def store_settled(kind: RowKind, workspace: Workspace, rows: Iterable[SentRow]) -> Outcome:
    """Settles the rows key by key, and stores what is left."""
    groups: dict[tuple[Any, ...], list[SentRow]] = {}
    for row in rows:
        groups.setdefault(kind.key_of(row.values), []).append(row)
    outcome, good = Outcome(), []
    for group in groups.values():
        settled, problems = kind.settle(group) if len(group) > 1 else (group, [])
        good += settled
        outcome.problems += problems
    if good:
        outcome.add(kind.store(workspace, good))
    return outcome


@lru_cache(maxsize=10_000)
def _any_day(cell: str) -> str:
    readings = (form.canonical(cell.strip()) for form in DAYS)
    return next(filter(None, readings), cell)


def raw_key(kind: RowKind, row: Mapping[str, Any]) -> int:
    """A hash of the key of a row that is not read yet, also of a bad one. Any format that reads a day will do: it is one for all."""
    parts = []
    for name in kind.key:
        cell = str(row.get(name) or "")
        parts.append(_any_day(cell) if kind.fields[name].is_day else normal_id(cell))
    return hash(tuple(parts))


BESIDE_BAD = "another row of the same key is bad, so that this one alone would be a part of the whole: mend that row and send both"


class Parts:
    """Rows of keys that several rows have. Where one of them is bad, the others are not stored as if they were the whole."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, SentRow]] = []
        self.bad: set[int] = set()

    def whole(self) -> tuple[list[SentRow], list[Problem]]:
        problems = [Problem(row.position, "", BESIDE_BAD) for key, row in self.rows if key in self.bad]
        return [row for key, row in self.rows if key not in self.bad], problems


def store_call(kind: RowKind, workspace: Workspace, rows: Sequence[Any]) -> tuple[Outcome, int]:
    """Stores the rows of one call; the outcome, and how many rows were rounded."""
    parts, rounded, problems = Parts(), 0, []
    for position, row in enumerate(rows):
        if not isinstance(row, dict):
            problems.append(Problem(position, "", f"must be an object, not {type(row).__name__}"))
            continue
        key = raw_key(kind, row)
        try:
            sent, is_rounded = read_sent(kind, row, position, workspace.currency)
            parts.rows.append((key, sent))
            rounded += is_rounded
        except BadRow as bad:
            if kind.is_part(row):
                parts.bad.add(key)
            problems += problems_of(bad, position)
    good, beside_bad = parts.whole()
    outcome = store_settled(kind, workspace, good)
    outcome.problems = sorted([*problems, *beside_bad, *outcome.problems])
    return outcome, rounded
