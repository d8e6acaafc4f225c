"""The bad rows of a file, listed beside it."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path

from stratum.core.sent_rows import Problem


def write_errors(path: Path, problems: list[Problem]) -> Path | None:
    errors = path.with_name(path.name + ".errors.csv")
    if not problems:
        return None
    try:
        handle = errors.open("w", newline="", encoding="utf-8")
    except OSError:
        errors = Path.cwd() / errors.name
        handle = errors.open("w", newline="", encoding="utf-8")
    with handle:
        writer = csv.writer(handle)
        writer.writerow(("line", "field", "reason"))
        writer.writerows((one.position, one.field, one.reason) for one in sorted(problems))
    return errors


def listed(bad: Path, most: int = 10) -> list[str]:
    """The first lines of an errors file, as sentences."""
    with bad.open(newline="", encoding="utf-8") as handle:
        return [
            f"line {row['line']}, {row['field'] or 'row'}: {row['reason']}"
            for row in islice(csv.DictReader(handle), most)
        ]
