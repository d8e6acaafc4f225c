"""Decisions made already, kept for half an hour under what they depend on. Without it, or with nonsense in it, decisions are made anew."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

import structlog
from django.core.cache import cache

log = structlog.get_logger("stratum.sampler")
LIFETIME_SECONDS = 1800
COUNTS_KEPT_SECONDS = 7 * 86_400
HITS, MISSES, CHECKED, WRONG, SAVED = "hits", "misses", "checked", "wrong", "saved_microseconds"


@dataclass(frozen=True)
class MemoryFigures:
    """Since the counts began, a week at most. `wrong` of `checked` answers differed from what was computed in the shadow."""

    hits: int
    misses: int
    checked: int
    wrong: int
    saved_seconds: float

    @property
    def hit_rate(self) -> float | None:
        asked = self.hits + self.misses
        return self.hits / asked if asked else None


def remembered(workspace: int, version: str) -> dict[str, Any] | None:
    """The answer kept under this version; None where there is none, where it cannot be read, or where it is not what was kept."""
    try:
        packed = cache.get(_key(workspace, version))
        if packed is None:
            return None
        told = json.loads(zlib.decompress(packed))
        return told["answer"] if told["version"] == version else None
    except Exception as problem:  # whatever is wrong with the memory, the decision is made all the same
        log.warning("the decision memory could not be read", reason=str(problem))
        return None


def remember(workspace: int, version: str, answer: dict[str, Any]) -> None:
    try:
        packed = zlib.compress(json.dumps({"version": version, "answer": answer}).encode(), 1)
        cache.set(_key(workspace, version), packed, LIFETIME_SECONDS)
    except Exception as problem:
        log.warning("the decision memory could not be written", reason=str(problem))


def count(workspace: int, name: str, amount: int = 1) -> None:
    try:
        key = f"decisions:{workspace}:{name}"
        cache.add(key, 0, COUNTS_KEPT_SECONDS)
        cache.incr(key, amount)
    except Exception as problem:
        log.warning("the decision memory could not be counted", reason=str(problem))


def memory_figures(workspace: int) -> MemoryFigures | None:
    """None where the memory cannot be reached."""
    names = (HITS, MISSES, CHECKED, WRONG, SAVED)
    try:
        found = cache.get_many([f"decisions:{workspace}:{name}" for name in names])
    except Exception as problem:
        log.warning("the decision memory could not be read", reason=str(problem))
        return None
    hits, misses, checked, wrong, saved = (int(found.get(f"decisions:{workspace}:{name}", 0)) for name in names)
    return MemoryFigures(hits, misses, checked, wrong, saved / 1e6)


def _key(workspace: int, version: str) -> str:
    return f"decision:{workspace}:{version}"
