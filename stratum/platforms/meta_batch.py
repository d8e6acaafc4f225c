"""Writes through Meta's batch endpoint, with an outcome for each item: applied, refused, not yet, or unknown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from stratum.platforms.http import NoAnswer, TryLater
from stratum.platforms.meta_errors import ACCOUNT_WIDE, Stop, TooMuchData, in_words, number_of, reaction_to, usage
from stratum.platforms.meta_graph import VERSION, Graph

MOST_ITEMS = 50
STOP_SECONDS = 900.0
"""After a dead token or a missing right: long enough not to insist, short enough for whoever mends it."""
THIS_BUDGET_ONLY = (613, 1487632)


class Written(StrEnum):
    APPLIED = "applied"
    REFUSED = "refused"
    LATER = "later"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """`message` says why it was refused, or why nobody can tell. LATER: nothing was written, and nothing should be for `seconds`."""

    written: Written
    message: str = ""
    seconds: float = 0.0
    code: int | None = None
    subcode: int | None = None


def send_batch(graph: Graph, writes: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Outcome]:
    """Writes (id, fields) in one request; outcomes in the same order. Nothing is ever sent a second time here.

    Raises what Graph raises for the request as a whole: after Refused and TryLater nothing was written, after NoAnswer nobody knows.
    ValueError for more than 50.
    """
    if len(writes) > MOST_ITEMS:
        raise ValueError(f"a batch holds {MOST_ITEMS} items, not {len(writes)}")
    items = [
        {"method": "POST", "relative_url": f"{VERSION}/{node}", "body": urlencode(fields)} for node, fields in writes
    ]
    answered = graph.post("", batch=json.dumps(items))
    # Answers are told apart by their place alone: where one is missing, nobody knows whose.
    slots = answered if isinstance(answered, list) and len(answered) == len(writes) else [None] * len(writes)
    _heed_the_fullest(graph, slots)
    return [outcome_of(slot) for slot in slots]


def _heed_the_fullest(graph: Graph, slots: Sequence[Any]) -> None:
    """Each item carries the usage of its own account; the request as a whole belongs to none."""
    told = [headers for slot in slots if (headers := headers_of(slot))]
    if told:
        graph.heed(max(told, key=lambda headers: usage(headers).percent))


def headers_of(slot: Any) -> dict[str, str]:
    """Of one item of an answered batch."""
    listed = slot.get("headers") if isinstance(slot, dict) else None
    told = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return {one["name"]: one["value"] for one in told if {"name", "value"} <= one.keys()}


def outcome_of(slot: Any) -> Outcome:
    """An empty slot (Meta ran out of time), a page of a proxy, or a passing error: unknown. Only a plain success is a success."""
    if not isinstance(slot, dict):
        return Outcome(Written.UNKNOWN, "Meta left this item's answer empty")
    try:
        body = json.loads(slot.get("body") or "null")
    except (json.JSONDecodeError, TypeError):
        body = None
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict):
        return _outcome_of_error(error)
    if slot.get("code") == 200 and isinstance(body, dict) and body.get("success") is True:
        return Outcome(Written.APPLIED)
    return Outcome(Written.UNKNOWN, f"item answered with HTTP {slot.get('code')} and no readable result")


def _outcome_of_error(error: Mapping[str, Any]) -> Outcome:
    """A limit or a stop of the whole account has written nothing, and neither will the next item. A write is never too much data."""
    reaction, words = reaction_to(error), in_words(error)
    numbers = (number_of(error.get("code")), number_of(error.get("error_subcode")) or None)
    if reaction.error in (NoAnswer, TooMuchData):
        return Outcome(Written.UNKNOWN, words, 0.0, *numbers)
    if reaction.error is TryLater and numbers != THIS_BUDGET_ONLY:
        return Outcome(Written.LATER, words, reaction.seconds, *numbers)
    if reaction.error is Stop and numbers[0] in ACCOUNT_WIDE:
        return Outcome(Written.LATER, words, STOP_SECONDS, *numbers)
    return Outcome(Written.REFUSED, words, 0.0, *numbers)
