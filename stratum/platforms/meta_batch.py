"""Budget writes through Meta's batch endpoint, with an outcome for each item: applied, refused, or unknown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from stratum.platforms.http import NoAnswer
from stratum.platforms.meta_errors import in_words, reaction_to
from stratum.platforms.meta_graph import VERSION, Graph

MOST_ITEMS = 50


class Written(StrEnum):
    APPLIED = "applied"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """`message` says why it was refused, or why nobody can tell."""

    written: Written
    message: str = ""
    code: int | None = None
    subcode: int | None = None


def send_batch(graph: Graph, budgets: Sequence[tuple[str, int]]) -> list[Outcome]:
    """Writes (id, Meta's minor units) in one request; outcomes in the same order. Nothing is ever sent a second time here.

    Raises what Graph raises for the request as a whole: after Refused and TryLater nothing was written, after NoAnswer nobody knows.
    ValueError for more than 50.
    """
    if len(budgets) > MOST_ITEMS:
        raise ValueError(f"a batch holds {MOST_ITEMS} items, not {len(budgets)}")
    items = [
        {"method": "POST", "relative_url": f"{VERSION}/{node}", "body": urlencode({"daily_budget": amount})}
        for node, amount in budgets
    ]
    answered = graph.post("", batch=json.dumps(items))
    slots = list(answered) if isinstance(answered, list) else []
    slots += [None] * (len(budgets) - len(slots))
    return [outcome_of(slot) for slot in slots[: len(budgets)]]


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
        passing = reaction_to(error).error is NoAnswer
        return Outcome(
            Written.UNKNOWN if passing else Written.REFUSED,
            in_words(error),
            error.get("code"),
            error.get("error_subcode"),
        )
    if slot.get("code") == 200 and isinstance(body, dict) and body.get("success") is True:
        return Outcome(Written.APPLIED)
    return Outcome(Written.UNKNOWN, f"item answered with HTTP {slot.get('code')} and no readable result")
