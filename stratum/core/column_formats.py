"""How each column of a file writes its numbers and days. The whole column decides, never a row alone; what stays ambiguous is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stratum.core.number_formats import COMMA, DAYS, ISO, ISO_DAY, NUMBERS, POINT, SURE_POINT, Format
from stratum.core.rows import BadField, Field

SURELY_POINT, SURELY_ISO = frozenset([POINT.name]), frozenset([ISO.name])
FEW = 10
"""A format wins where it reads ten times as many telling cells as it fails to read; the others are then bad rows."""


class AmbiguousColumn(ValueError):
    """A column that can be read two ways, or that is written in two ways."""


@dataclass
class _Column:
    name: str
    field: Field
    formats: tuple[Format, ...]
    readable: Counter[frozenset[str]] = field(default_factory=Counter)
    examples: dict[frozenset[str], str] = field(default_factory=dict)
    ambiguous: tuple[str, dict[str, str]] | None = None

    def see(self, cell: str) -> None:
        if self.formats is NUMBERS and cell.isdigit():
            return
        if sure := self._sure(cell):
            self.readable[sure] += 1
            self.examples.setdefault(sure, cell)
            return
        readings = self._readings(cell)
        if not readings:
            return
        names = frozenset(readings)
        self.readable[names] += 1
        self.examples.setdefault(names, cell)
        if len(set(readings.values())) > 1 and not self.ambiguous:
            self.ambiguous = cell, readings

    def _sure(self, cell: str) -> frozenset[str] | None:
        """The one format of a cell that can be written in no other way; most cells of most files."""
        if self.formats is NUMBERS:
            return SURELY_POINT if SURE_POINT.fullmatch(cell) else None
        return SURELY_ISO if ISO_DAY.fullmatch(cell) else None

    def _readings(self, cell: str) -> dict[str, str]:
        readings: dict[str, str] = {}
        for form in self.formats:
            text = form.canonical(cell)
            try:
                if text is not None:
                    self.field.read(self.name, text)
                    readings[form.name] = text
            except BadField:
                continue
        return readings

    def decide(self) -> list[Format]:
        """The formats that the column may have: one, or several between which its cells do not tell."""
        score = {form: sum(n for names, n in self.readable.items() if form.name in names) for form in self.formats}
        best, total = max(score.values()), sum(self.readable.values())
        if (total - best) * FEW > total:
            cells = " and ".join(f"“{cell}”" for cell in list(self.examples.values())[:2])
            raise AmbiguousColumn(f"column “{self.name}” is written in two ways ({cells}): write all of it one way")
        return [form for form in self.formats if score[form] == best]


def decide_formats(
    rows: Iterable[Mapping[str, str]], fields: Mapping[str, Field], given: Mapping[str, Format]
) -> dict[str, Format]:
    """The format of each number and day column of a file. `given`: formats that a person chose, by "number" and "day".

    AmbiguousColumn names the column and both readings.
    """
    columns = {
        name: _Column(name, one, NUMBERS if one.is_number else DAYS)
        for name, one in fields.items()
        if one.is_number or one.is_day
    }
    for row in rows:
        for name, column in columns.items():
            if cell := (row.get(name) or "").strip():
                column.see(cell)
    return _choose(columns, given)


def _choose(columns: Mapping[str, _Column], given: Mapping[str, Format]) -> dict[str, Format]:
    chosen, open_columns = {}, []
    for name, column in columns.items():
        kind = "number" if column.formats is NUMBERS else "day"
        possible = [given[kind]] if kind in given else column.decide()
        if len(possible) == 1 or not column.ambiguous:
            chosen[name] = possible[0]
        else:
            open_columns.append(column)
    sure = {
        chosen[name]
        for name, column in columns.items()
        if name in chosen and column.readable and column.formats is NUMBERS
    }
    for column in open_columns:
        chosen[column.name] = _by_the_others(column, sure)
    return chosen


def _by_the_others(column: _Column, sure: set[Format]) -> Format:
    """The other columns' format where it explains the cells: a comma beside decimal points is a thousands separator.

    Points beside decimal points explain nothing: nobody writes 12 impressions as 12.000.
    """
    cell, readings = column.ambiguous or ("", {})
    if len(sure) == 1 and column.formats is NUMBERS:
        (form,) = sure
        if form is COMMA or "," in cell:
            return form
    both = " or ".join(sorted(set(readings.values())))
    option = "--decimal point or --decimal comma" if column.formats is NUMBERS else "--dates dmy or --dates mdy"
    raise AmbiguousColumn(f"column “{column.name}”: “{cell}” may mean {both}; say which with {option}")


def canonical_cell(name: str, cell: str, form: Format) -> str:
    """The cell as fields read it. BadField where it is not written as its column is."""
    text = form.canonical(cell.strip())
    if text is None and form not in (POINT, ISO):
        raise BadField(name, f"must be written like the rest of the column ({form.says}), not {cell[:40]!r}")
    return cell if text is None else text
