"""Which column of a file is which field."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from django.core.management.base import CommandError

from stratum.core.csv_source import Layout
from stratum.core.sent_rows import RowKind


def match_columns(header: Sequence[str], kind: RowKind) -> dict[str, int]:
    """The position of each field's column. A column with the field's own name comes before one that an export names otherwise."""
    names = [name.strip() for name in header]
    own = {name: place for place, name in reversed(list(enumerate(names))) if name in kind.fields}
    known = {field: names.index(name) for field, name in kind.aliases(names).items()}
    return known | own


def check_columns(path: Path, layout: Layout, kind: RowKind) -> None:
    """CommandError where a column is there twice, or a required one is not there."""
    names = [name.strip() for name in layout.header]
    twice = sorted(name for name, count in Counter(names).items() if count > 1 and name)
    if twice:
        raise CommandError(
            f"{path.name} has the column “{twice[0]}” {Counter(names)[twice[0]]} times: keep one of them. Nothing was loaded."
        )
    for name, field in kind.fields.items():
        if field.required and name not in layout.columns:
            nearest = difflib.get_close_matches(name, layout.header, n=1, cutoff=0.0)
            hint = f"; the nearest header is “{nearest[0]}”" if nearest else "; the file has no header"
            raise CommandError(f"{path.name} has no column “{name}”{hint}. Nothing was loaded.")


def describe(layout: Layout) -> list[str]:
    """What a person should see before anything is stored: how the file is read, and as what."""
    names = [name.strip() for name in layout.header]
    renamed = [f"{names[place]} → {field}" for field, place in layout.columns.items() if names[place] != field]
    ignored = [name for place, name in enumerate(names) if place not in set(layout.columns.values())]
    said = []
    if layout.header_line > 1:
        said.append(f"The header is line {layout.header_line}; the lines above it are left out.")
    if layout.encoding != "utf-8-sig":
        said.append(f"Read as {layout.encoding}; if letters look wrong, save the file as UTF-8.")
    if renamed:
        said.append(f"Columns are read as: {', '.join(renamed)}.")
    if ignored:
        said.append(f"Columns that mean nothing here and are ignored: {', '.join(ignored)}.")
    return said
