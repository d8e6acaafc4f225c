"""CSV files as every import command takes them: checked as a whole first, good rows loaded, bad rows listed beside the file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.core.management.base import CommandError
from tqdm import tqdm

from stratum.core.column_formats import AmbiguousColumn, canonical_cell, decide_formats
from stratum.core.csv_columns import check_columns, match_columns
from stratum.core.csv_errors import write_errors
from stratum.core.csv_source import Layout, RawRow, find_layout, read_rows
from stratum.core.models import Workspace
from stratum.core.number_formats import Format
from stratum.core.rows import BadField, BadRow
from stratum.core.sent_rows import (
    ROUNDED,
    Outcome,
    Parts,
    Problem,
    RowKind,
    SentRow,
    problems_of,
    raw_key,
    read_sent,
    store_settled,
)

CHUNK = 5_000
NOTHING = frozenset(("--", "—", "–", "-"))
"""What exports write for none."""
TOTALS = ("total", "grand total", "gesamt", "summe", "results from")
BLANK_IS_ZERO = ("spend", "impressions", "clicks")
"""Ads Manager leaves these empty where nothing happened."""


@dataclass(frozen=True)
class CheckedFile:
    """A file that may be loaded. `repeated`: hashes of the keys that more than one row has."""

    path: Path
    layout: Layout
    formats: Mapping[str, Format]
    repeated: frozenset[int]
    is_export: bool


@dataclass
class ImportReport:
    read: int = 0
    rounded: int = 0
    totals: int = 0
    outcome: Outcome = field(default_factory=Outcome)
    errors_path: Path | None = None

    @property
    def bad(self) -> int:
        return self.outcome.rejected

    @property
    def merged(self) -> int:
        return self.read - self.bad - self.outcome.stored


def check_file(path: Path, kind: RowKind, given: Mapping[str, Format]) -> CheckedFile:
    """Reads the whole file once: its layout, how each column writes numbers and days, and which rows share a key.

    CommandError where it cannot be read, lacks a required column, has one twice, or can be read two ways. Stores nothing.
    """
    layout = find_layout(path, lambda header: match_columns(header, kind))
    check_columns(path, layout, kind)
    names = {name: layout.header[place].strip() for name, place in layout.columns.items()}
    is_export = any(names[name] != name for name, one in kind.fields.items() if one.required)
    seen: set[int] = set()
    repeated: set[int] = set()

    def cells() -> Iterator[Mapping[str, str]]:
        for row in read_rows(path, layout):
            if not row.problem and not _is_total(row, kind, is_export=is_export):
                key = raw_key(kind, row.cells)
                (repeated if key in seen else seen).add(key)
                yield row.cells

    try:
        formats = decide_formats(cells(), kind.fields, given)
    except AmbiguousColumn as problem:
        raise CommandError(f"{path.name}, {problem}. Nothing was loaded.") from problem
    return CheckedFile(path, layout, formats, frozenset(repeated), is_export)


def import_csv(
    file: CheckedFile, kind: RowKind, workspace: Workspace, *, after: Callable[[], None], progress: bool = True
) -> ImportReport:
    """Stores the good rows in chunks (`after` each), and writes the bad ones to FILE.errors.csv.

    Rows that share a key are held back until the end of the file, so that they are settled together.
    """
    report, good, parts = ImportReport(), [], Parts()
    size = file.path.stat().st_size
    with tqdm(total=size, unit="B", unit_scale=True, desc=file.path.name, disable=None if progress else True) as bar:
        for raw in read_rows(file.path, file.layout, on_progress=lambda place: bar.update(place - bar.n)):
            if _is_total(raw, kind, is_export=file.is_export):
                report.totals += 1
                continue
            report.read += 1
            row, key = _read(raw, file, kind, workspace, report), raw_key(kind, raw.cells)
            if row is None:
                if kind.is_part(file.layout.header):
                    parts.bad.add(key)
            elif key in file.repeated:
                parts.rows.append((key, row))
            else:
                good.append(row)
            if len(good) >= CHUNK:
                report.outcome.add(store_settled(kind, workspace, good))
                good = []
                after()
    held, beside_bad = parts.whole()
    report.outcome.problems += beside_bad
    for rows in _chunks(good + held, kind):
        report.outcome.add(store_settled(kind, workspace, rows))
        after()
    if report.rounded:
        report.outcome.notes[ROUNDED] = report.rounded
    report.errors_path = write_errors(file.path, report.outcome.problems)
    return report


def _read(raw: RawRow, file: CheckedFile, kind: RowKind, workspace: Workspace, report: ImportReport) -> SentRow | None:
    if raw.problem:
        report.outcome.problems.append(Problem(raw.line, "", raw.problem))
        return None
    cells = dict(kind.implied(file.layout.header))
    cells |= {name: "" if cell.strip() in NOTHING else cell for name, cell in raw.cells.items()}
    if file.is_export:
        cells |= {name: "0" for name in BLANK_IS_ZERO if name in cells and not cells[name].strip()}
    values, problems = {}, []
    for name, cell in cells.items():
        try:
            form = file.formats.get(name)
            values[name] = canonical_cell(name, cell, form) if form and cell.strip() else cell
        except BadField as problem:
            problems.append(Problem(raw.line, name, problem.reason))
    if problems:
        report.outcome.problems += problems
        return None
    try:
        row, is_rounded = read_sent(kind, values, raw.line, workspace.currency)
    except BadRow as bad:
        report.outcome.problems += problems_of(bad, raw.line)
        return None
    report.rounded += is_rounded
    return replace(row, others=raw.others)


def _chunks(rows: list[SentRow], kind: RowKind) -> Iterator[list[SentRow]]:
    """The rows in parts of about CHUNK, those of one key together."""
    rows = sorted(rows, key=lambda row: (str(kind.key_of(row.values)), row.position))
    chunk: list[SentRow] = []
    for row in rows:
        if len(chunk) >= CHUNK and kind.key_of(row.values) != kind.key_of(chunk[-1].values):
            yield chunk
            chunk = []
        chunk.append(row)
    if chunk:
        yield chunk


def _is_total(row: RawRow, kind: RowKind, *, is_export: bool) -> bool:
    """A line that sums the others up: its key says so, or an export leaves its key empty."""
    if row.problem:
        return False
    keys = [
        "" if cell in NOTHING else cell.casefold() for cell in (row.cells.get(name, "").strip() for name in kind.key)
    ]
    if keys[0] in TOTALS or keys[0].startswith("total:"):
        return True
    says_total = any(
        str(cell).strip().casefold().startswith(TOTALS) for cell in (*row.cells.values(), *row.others.values())
    )
    return is_export and (not any(keys) or (not all(keys) and says_total))
