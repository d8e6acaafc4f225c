"""Work that must not run twice at once, whoever starts it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import TypeVar

import structlog
from django.db import connection, models

log = structlog.get_logger("stratum.jobs")
Row = TypeVar("Row", bound=models.Model)


def _lock_number(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


@contextmanager
def only_one(name: str) -> Iterator[bool]:
    """Yields whether this process got the named lock. Postgres frees it when the connection ends, so a kill leaves no lock behind."""
    number = _lock_number(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
        held = cursor.fetchone()[0]
    try:
        yield held
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [number])


def for_each_alone(job: str, rows: Iterable[Row], work: Callable[[Row], object]) -> None:
    """Does `work` for every row whose turn nobody else has. One row's failure is logged and does not stop the others."""
    for row in rows:
        with only_one(f"{job} {row.pk}") as mine:
            if not mine:
                continue
            try:
                work(row)
            except Exception:
                log.exception("job failed", job=job, row=str(row))
