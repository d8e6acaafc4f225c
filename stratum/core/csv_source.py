"""A CSV file as spreadsheets and ad platforms write it: its encoding, separator, lines before the header, and columns."""

from __future__ import annotations

import csv
import gzip
import io
import re
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from django.core.management.base import CommandError

HEADER_WITHIN = 20
SEPARATORS = (",", ";", "\t", "|")
BLOCK = 1 << 20
MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
UNDEFINED_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
csv.field_size_limit(1_000_000)

Columns = Callable[[list[str]], Mapping[str, int]]
"""Given a header, the position of each field that it names."""


@dataclass(frozen=True)
class Layout:
    """How a file is laid out. `header_line` counts from 1; `columns` holds the position of each field."""

    encoding: str
    separator: str
    header_line: int
    header: list[str]
    columns: Mapping[str, int]


@dataclass(frozen=True)
class RawRow:
    """One line: `cells` by field, `others` by header for the columns that are no fields, or the `problem` that it has as a line."""

    line: int
    cells: dict[str, str]
    others: dict[str, str]
    problem: str = ""


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The file's bytes, unzipped, and the file itself to measure progress by."""
    try:
        raw = path.open("rb")
    except OSError as problem:
        raise CommandError(f"{path} cannot be read: {problem.strerror}. Nothing was loaded.") from problem
    with raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        yield (gzip.GzipFile(fileobj=raw) if zipped else raw), raw  # type: ignore[misc]


def find_layout(path: Path, columns: Columns) -> Layout:
    """The layout with the most known columns. CommandError where the file cannot be read."""
    encoding = _encoding(path)
    with opened(path) as (stream, _):
        lines = list(islice(_text(stream, encoding), HEADER_WITHIN))
    best = Layout(encoding, ",", 1, [], {})
    for separator in SEPARATORS:
        reader = csv.reader(lines, delimiter=separator)
        try:
            rows = [(reader.line_num, row) for row in reader]
        except csv.Error as problem:
            if separator == ",":
                raise CommandError(f"{path.name} is not readable as CSV: {problem}. Nothing was loaded.") from problem
            continue
        for number, row in rows:
            known = columns(row)
            if len(known) > len(best.columns) or not best.header:
                best = Layout(encoding, separator, number, row, known)
    return best


def read_rows(path: Path, layout: Layout, *, on_progress: Callable[[int], None] | None = None) -> Iterator[RawRow]:
    """The rows below the header, those of a wrong shape with their problem. Lines without any text are left out."""
    with opened(path) as (stream, raw):
        reader = csv.reader(_text(stream, layout.encoding), delimiter=layout.separator, strict=True)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as problem:
                yield RawRow(reader.line_num, {}, {}, f"not readable as CSV: {problem}")
                continue
            finally:
                if on_progress:
                    on_progress(raw.tell())
            if reader.line_num > layout.header_line and cells:
                yield _row(reader.line_num, cells, layout)


def _row(line: int, cells: list[str], layout: Layout) -> RawRow:
    fields = {name: cells[place] for name, place in layout.columns.items() if place < len(cells)}
    if len(cells) != len(layout.header):
        return RawRow(line, fields, {}, "has more or fewer cells than the header")
    known = set(layout.columns.values())
    others = {name.strip(): cells[place] for place, name in enumerate(layout.header) if place not in known}
    return RawRow(line, fields, others)


def _encoding(path: Path) -> str:
    with opened(path) as (stream, _):
        start: Any = stream.read(4096)
        if start.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        for encoding, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
            if len(start) > 3 and zeros.count(0) > 0.4 * len(zeros):
                return encoding
        is_utf8, has_multibyte, is_cp1252 = _facts(start, stream)
    return "utf-8-sig" if is_utf8 or has_multibyte or not is_cp1252 else "cp1252"


def _facts(block: bytes, stream: BinaryIO) -> tuple[bool, bool, bool]:
    """Whether all is UTF-8, whether some is UTF-8 beyond ASCII, and whether all may be Windows-1252."""
    decoder = getincrementaldecoder("utf-8")()
    is_utf8, has_multibyte, is_cp1252 = True, False, True
    while block:
        following = stream.read(BLOCK)
        try:
            decoder.decode(block, final=not following)
        except UnicodeDecodeError:
            is_utf8 = False
        has_multibyte = has_multibyte or bool(MULTIBYTE.search(block))
        is_cp1252 = is_cp1252 and not UNDEFINED_IN_CP1252.search(block)
        block = following
    return is_utf8, has_multibyte, is_cp1252


def _text(stream: BinaryIO, encoding: str) -> TextIO:
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    return io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline="")
