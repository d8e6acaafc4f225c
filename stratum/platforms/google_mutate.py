"""What became of each operation of a mutate call. Google answers partial failures with HTTP 200 and names them by index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stratum.platforms.google_errors import SECONDS_UNLESS_TOLD, failures, name_of, seconds_of
from stratum.platforms.meta_batch import STOP_SECONDS, Outcome, Written

NOBODYS = -1
"""The index of an error that Google does not tie to an operation."""


def outcomes_of(answer: Mapping[str, Any], count: int) -> list[Outcome]:
    """Applied is only what Google names in its results; what has neither a result nor an error is unknown."""
    failed, results = _by_index(answer), answer.get("results") or []
    named = [index < len(results) and bool((results[index] or {}).get("resourceName")) for index in range(count)]
    return [_outcome(failed.get(index), named[index]) for index in range(count)]


def checked(answer: Mapping[str, Any], count: int) -> list[Outcome]:
    """The same of a request that was only validated: there are errors and no results."""
    failed = _by_index(answer)
    spoiled = failed.get(NOBODYS)
    return [_outcome(failed.get(index), spoiled is None) for index in range(count)]


def _by_index(answer: Mapping[str, Any]) -> dict[int, Mapping[str, Any]]:
    """The first error of each operation."""
    found: dict[int, Mapping[str, Any]] = {}
    for failure in failures(answer.get("partialFailureError") or {}):
        found.setdefault(_index_of(failure), failure)
    return found


def _index_of(failure: Mapping[str, Any]) -> int:
    path = (failure.get("location") or {}).get("fieldPathElements") or [{}]
    return int(path[0].get("index") or 0) if path[0].get("fieldName") == "operations" else NOBODYS


def _outcome(failure: Mapping[str, Any] | None, named: bool) -> Outcome:
    if failure is None:
        return Outcome(Written.APPLIED) if named else Outcome(Written.UNKNOWN, "Google says nothing of this operation")
    return Outcome(Written.UNKNOWN, "Google names a result and an error") if named else _outcome_of_error(failure)


def _outcome_of_error(failure: Mapping[str, Any]) -> Outcome:
    """A quota or a missing right is the whole account's: nothing was written, and neither will the next operation."""
    name = name_of(failure)
    words = f"{failure.get('message') or 'an error without a message'} ({name})"
    kind = name.partition(".")[0]
    if kind == "quotaError":
        return Outcome(Written.LATER, words, seconds_of(failure))
    if name == "databaseError.CONCURRENT_MODIFICATION":
        return Outcome(Written.LATER, words, SECONDS_UNLESS_TOLD)
    if kind in ("authenticationError", "authorizationError"):
        return Outcome(Written.LATER, words, STOP_SECONDS)
    if kind in ("internalError", ""):
        return Outcome(Written.UNKNOWN, words)
    return Outcome(Written.REFUSED, words)
