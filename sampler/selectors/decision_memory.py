"""Decisions made already, kept for half an hour under what they depend on. Without it, or with nonsense in it, decisions are made anew."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import structlog
from django.conf import settings
from redis import Redis
from redis.commands.core import Script

from sampler.domain.share_interval import share_interval

log = structlog.get_logger("stratum.sampler")
LIFETIME_SECONDS = 1800
COUNTS_KEPT_SECONDS = 7 * 86_400
COUNTED = HITS, MISSES, CHECKED, WRONG, SAVED = "hits", "misses", "checked", "wrong", "saved_microseconds"
PATIENCE_SECONDS = 0.5
"""Longer than a decision takes to be made anew is not waited for the memory."""
TO_CHECK, MOST_TO_CHECK = "decisions_to_check", 1_000
RECALL = """
local kept = redis.call('GET', KEYS[1])
local microseconds = kept and string.match(kept, '^' .. ARGV[1] .. ' (%d+)')
if microseconds then
    redis.call('HINCRBY', KEYS[2], 'hits', 1)
    redis.call('HINCRBY', KEYS[2], 'saved_microseconds', microseconds)
else
    redis.call('HINCRBY', KEYS[2], 'misses', 1)
end
redis.call('EXPIRE', KEYS[2], ARGV[2], 'NX')
return kept
"""


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

    @property
    def wrong_between(self) -> tuple[float, float]:
        """The share of all remembered answers that would differ, with 95 % confidence."""
        return share_interval(self.wrong, self.checked)


@lru_cache(maxsize=1)
def _valkey(url: str) -> Redis:
    """One client a process: Django's cache makes a new one for every call, which takes longer than the call."""
    return Redis.from_url(f"{url}/1", socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS)


@lru_cache(maxsize=1)
def _recall(url: str) -> Script:
    return _valkey(url).register_script(RECALL)


def recalled(workspace: int, version: str) -> bytes | None:
    """The same as `remembered`, for somebody who asked: it is counted."""
    keys, values = (_key(workspace, version), _counts(workspace)), (version, COUNTS_KEPT_SECONDS)
    return _read(version, lambda: _recall(settings.REDIS_URL)(keys, values))


def remembered(workspace: int, version: str) -> bytes | None:
    """The answer kept under this version; None where there is none, where it cannot be read, or where it is not what was kept."""
    return _read(version, lambda: _valkey(settings.REDIS_URL).get(_key(workspace, version)))


def _read(version: str, asked: Callable[[], bytes | None]) -> bytes | None:
    try:
        packed = asked()
        if packed is None:
            return None
        head, _, body = packed.partition(b"\n")
        return zlib.decompress(body) if head.split()[0].decode() == version else None
    except Exception as problem:  # whatever is wrong with the memory, the decision is made all the same
        log.warning("the decision memory could not be read", reason=str(problem))
        return None


def remember(workspace: int, version: str, body: bytes, microseconds: int) -> None:
    try:
        packed = f"{version} {microseconds}\n".encode() + zlib.compress(body, 1)
        _valkey(settings.REDIS_URL).set(_key(workspace, version), packed, ex=LIFETIME_SECONDS)
    except Exception as problem:
        log.warning("the decision memory could not be written", reason=str(problem))


def count(workspace: int, amounts: Mapping[str, int]) -> None:
    try:
        with _valkey(settings.REDIS_URL).pipeline(transaction=False) as together:
            for name, amount in amounts.items():
                together.hincrby(_counts(workspace), name, amount)
            together.expire(_counts(workspace), COUNTS_KEPT_SECONDS, nx=True)
            together.execute()
    except Exception as problem:
        log.warning("the decision memory could not be counted", reason=str(problem))


def have_checked(asked: Any) -> None:
    """Puts what was asked on the list of answers to be computed again. It is short: what is not looked at soon has changed by then."""
    try:
        with _valkey(settings.REDIS_URL).pipeline(transaction=False) as together:
            together.rpush(TO_CHECK, json.dumps(asked)).ltrim(TO_CHECK, -MOST_TO_CHECK, -1).execute()
    except Exception as problem:
        log.warning("a remembered decision could not be put down to be checked", reason=str(problem))


def to_check() -> Any | None:
    """The next of the list, taken from it; None at its end."""
    found = _valkey(settings.REDIS_URL).lpop(TO_CHECK)
    return None if found is None else json.loads(found)


def forget_all() -> None:
    """For benchmarks and tests: as if nobody had ever asked."""
    client = _valkey(settings.REDIS_URL)
    for key in client.scan_iter("decision*"):
        client.delete(key)


def memory_figures(workspace: int) -> MemoryFigures | None:
    """None where the memory cannot be reached."""
    try:
        found = _valkey(settings.REDIS_URL).hgetall(_counts(workspace))
    except Exception as problem:
        log.warning("the decision memory could not be read", reason=str(problem))
        return None
    hits, misses, checked, wrong, saved = (int(found.get(name.encode(), 0)) for name in COUNTED)
    return MemoryFigures(hits, misses, checked, wrong, saved / 1e6)


def _key(workspace: int, version: str) -> str:
    return f"decision:{workspace}:{version}"


def _counts(workspace: int) -> str:
    return f"decisions:{workspace}"
