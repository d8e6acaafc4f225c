"""What to do about an error of Meta's Graph, by code and subcode. The HTTP status is not trusted: errors also come with 200."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from stratum.platforms.http import NoAnswer, Refused, TryLater


class Stop(Refused):
    """Token, permission or policy: no further call for this account until a person has looked at it."""


ACCOUNT_WIDE = frozenset({190, 368, 2635})
"""Codes of Stop that say nothing about the object that was asked for: no other one would fare better."""


class TooMuchData(Refused):
    """The question was too large: ask for an asynchronous report, or for fewer days."""


@dataclass(frozen=True)
class Reaction:
    """`error` is raised; `seconds` is the wait for TryLater where the platform names none."""

    error: type[Exception]
    seconds: float = 0.0


REFUSE, STOP, SPLIT, TRANSIENT = Reaction(Refused), Reaction(Stop), Reaction(TooMuchData), Reaction(NoAnswer)
REACTIONS: dict[tuple[int, int | None], Reaction] = {
    (4, None): Reaction(TryLater, 300),
    (17, None): Reaction(TryLater, 300),
    (17, 1885172): Reaction(TryLater, 86_400),
    (32, None): Reaction(TryLater, 300),
    (613, None): Reaction(TryLater, 300),
    (613, 1487742): Reaction(TryLater, 60),
    (613, 5044001): Reaction(TryLater, 1),
    (613, 1487632): Reaction(TryLater, 3600),
    (1, None): TRANSIENT,
    (1, 99): SPLIT,
    (2, None): TRANSIENT,
    (341, None): TRANSIENT,
    (5000, None): TRANSIENT,
    (21009, None): Reaction(TryLater, 300),
    (100, None): REFUSE,
    (100, 1487534): SPLIT,
    (190, None): STOP,
    (10, None): STOP,
    (294, None): STOP,
    (368, None): STOP,
    (2635, None): STOP,
} | {(code, None): Reaction(TryLater, 300) for code in range(80000, 80015)}
PERMISSIONS = range(200, 300)
REDUCE = "reduce the amount of data"


def reaction_to(error: Mapping[str, Any]) -> Reaction:
    """The row for code and subcode, else for the code, else by `is_transient`."""
    code, subcode = number_of(error.get("code")), number_of(error.get("error_subcode"))
    if REDUCE in str(error.get("message", "")).lower():
        return SPLIT
    if code in PERMISSIONS:
        return STOP
    known = REACTIONS.get((code, subcode)) or REACTIONS.get((code, None))
    return known or (TRANSIENT if error.get("is_transient") else REFUSE)


def number_of(value: Any) -> int:
    """A code; 0 where Meta gives none, or a word."""
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        return 0


def as_exception(error: Mapping[str, Any], *, status: int, headers: Mapping[str, str]) -> Exception:
    """The exception to raise for the `error` object of an answer."""
    reaction, words = reaction_to(error), in_words(error)
    if issubclass(reaction.error, TryLater):
        return TryLater(words, usage(headers).seconds or reaction.seconds)
    if issubclass(reaction.error, Refused):
        numbers = {"code": number_of(error.get("code")), "subcode": number_of(error.get("error_subcode")) or None}
        return reaction.error(words, status=status, **numbers)
    return reaction.error(words)


def in_words(error: Mapping[str, Any]) -> str:
    """What Meta says to people, else to developers, with the numbers behind it."""
    said = (
        error.get("error_user_msg")
        or error.get("error_user_title")
        or error.get("message")
        or "an error without a message"
    )
    numbers = "/".join(str(error[key]) for key in ("code", "error_subcode") if error.get(key))
    return f"{said} ({numbers})" if numbers else str(said)


FULL_TIER, LIMITED_TIER = 9000.0, 60.0
LIMITED_TIERS = frozenset({"development_access", "limited_access"})


@dataclass(frozen=True)
class Usage:
    """How much of a rate limit is used up, and for how long the platform asks to wait (0: it does not say).

    `points` is what the account may spend in 300 seconds: a read takes 1, a write 3. New apps are of the limited tier.
    """

    percent: float = 0.0
    seconds: float = 0.0
    points: float = FULL_TIER


COUNTS = ("call_count", "total_cputime", "total_time", "acc_id_util_pct", "app_id_util_pct")


def usage(headers: Mapping[str, str]) -> Usage:
    """The fullest of all limits that the headers report."""
    found = [Usage()]
    for name in ("X-Business-Use-Case-Usage", "X-Ad-Account-Usage", "X-App-Usage", "X-FB-Ads-Insights-Throttle"):
        value = headers.get(name) or headers.get(name.lower())
        found += [_usage_of(entry) for entry in _entries(value)]
    fullest = max(found, key=lambda one: (one.percent, one.seconds))
    return replace(fullest, points=min(one.points for one in found))


def _entries(value: str | None) -> list[Mapping[str, Any]]:
    try:
        read = json.loads(value or "{}")
    except json.JSONDecodeError:
        return []
    nested = (
        [entry for entries in read.values() if isinstance(entries, list) for entry in entries]
        if isinstance(read, dict)
        else []
    )
    return [entry for entry in (nested or [read]) if isinstance(entry, dict)]


def _usage_of(entry: Mapping[str, Any]) -> Usage:
    percent = max(_figure(entry.get(name)) for name in COUNTS)
    minutes = _figure(entry.get("estimated_time_to_regain_access"))
    points = LIMITED_TIER if entry.get("ads_api_access_tier") in LIMITED_TIERS else FULL_TIER
    return Usage(percent, 60 * minutes or _figure(entry.get("reset_time_duration")), points)


def _figure(value: Any) -> float:
    try:
        return float(value or 0)
    except (TypeError, ValueError):
        return 0.0
