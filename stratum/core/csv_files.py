"""CSV files as every import command takes them: header checked first, good rows loaded, bad rows listed beside the file."""

from __future__ import annotations

import csv
import difflib
import gzip
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import CommandError
from tqdm import tqdm

from stratum.core.rows import BadRow, Field, read_row

CHUNK = 5_000
csv.field_size_limit(1_000_000)


@dataclass(frozen=True)
class ImportReport:
    read: int
    bad: int
    errors_path: Path | None


def import_csv(
    path: Path,
    fields: Mapping[str, Field],
    store: Callable[[list[dict[str, Any]]], object],
    *,
    aliases: Mapping[str, str] | None = None,
    progress: bool = True,
) -> ImportReport:
    """Reads a file that `check_file` let pass, gives rows to `store` in chunks, and writes bad ones to FILE.errors.csv."""
    bad: list[tuple[int, str, str]] = []
    loaded = 0
    with _opened(path) as (handle, raw, size):
        reader = csv.reader(handle, strict=True)
        with tqdm(total=size, unit="B", unit_scale=True, desc=path.name, disable=None if progress else True) as bar:
            good: list[dict[str, Any]] = []
            for line, row in _rows(reader, aliases or {}, bad):
                try:
                    good.append(read_row(row, fields))
                    loaded += 1
                except BadRow as problem:
                    bad += [(line, one.field, one.reason) for one in problem.problems]
                if len(good) >= CHUNK:
                    store(good)
                    good = []
                    bar.update(raw.tell() - bar.n)
            if good:
                store(good)
            bar.update(size - bar.n)
    bad_lines = {line for line, _, _ in bad}
    return ImportReport(loaded + len(bad_lines), len(bad_lines), _write_errors(path, bad))


def check_file(path: Path, fields: Mapping[str, Field], aliases: Mapping[str, str]) -> list[str]:
    """The columns that will be ignored. CommandError when the file cannot be read or lacks a required one. Stores nothing."""
    with _opened(path) as (handle, _, _):
        try:
            header = next(csv.reader(handle), [])
        except csv.Error as problem:
            raise CommandError(f"{path.name} is not readable as CSV: {problem}. Nothing was loaded.") from problem
    _check_header(header, fields, aliases, path)
    return [name for name in header if aliases.get(name.strip(), name.strip()) not in fields]


class _opened:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> tuple[TextIO, Any, int]:
        try:
            self.raw = self.path.open("rb")
        except OSError as problem:
            raise CommandError(f"{self.path} cannot be read: {problem.strerror}. Nothing was loaded.") from problem
        zipped = self.raw.read(2) == b"\x1f\x8b"
        self.raw.seek(0)
        stream = gzip.GzipFile(fileobj=self.raw) if zipped else self.raw
        self.text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
        return self.text, self.raw, self.path.stat().st_size

    def __exit__(self, *_: object) -> None:
        self.raw.close()


def _check_header(header: Sequence[str], fields: Mapping[str, Field], aliases: Mapping[str, str], path: Path) -> None:
    present = {aliases.get(name.strip(), name.strip()) for name in header}
    for name, field in fields.items():
        if field.required and name not in present:
            nearest = difflib.get_close_matches(name, header, n=1, cutoff=0.0)
            hint = f"; the nearest header is “{nearest[0]}”" if nearest else "; the file has no header"
            raise CommandError(f"{path.name} has no column “{name}”{hint}. Nothing was loaded.")


def _rows(
    reader: Any, aliases: Mapping[str, str], bad: list[tuple[int, str, str]]
) -> Iterator[tuple[int, dict[str, Any]]]:
    header = [aliases.get(name.strip(), name.strip()) for name in next(reader, [])]
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            bad.append((reader.line_num, "", f"not readable as CSV: {problem}"))
            continue
        if not row:
            continue
        if len(row) != len(header):
            bad.append((reader.line_num, "", "has more or fewer cells than the header"))
            continue
        yield reader.line_num, dict(zip(header, row, strict=True))


def _write_errors(path: Path, bad: list[tuple[int, str, str]]) -> Path | None:
    errors = path.with_name(path.name + ".errors.csv")
    if not bad:
        return None
    try:
        handle = errors.open("w", newline="", encoding="utf-8")
    except OSError:
        errors = Path.cwd() / errors.name
        handle = errors.open("w", newline="", encoding="utf-8")
    with handle:
        writer = csv.writer(handle)
        writer.writerows([("line", "field", "reason"), *sorted(bad)])
    return errors


def listed(bad: Path, most: int = 10) -> list[str]:
    """The first lines of an errors file, as sentences."""
    with bad.open(newline="", encoding="utf-8") as handle:
        return [
            f"line {row['line']}, {row['field'] or 'row'}: {row['reason']}"
            for row in islice(csv.DictReader(handle), most)
        ]
