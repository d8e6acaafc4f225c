"""What people should know of what came in lately: macros that nobody filled in, and files that a connected account took over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from stratum.core.models import AuditEntry

MACRO_NOT_FILLED = "macro not filled in"
TAKEN_OVER = "imported ads taken over"
SHOWN = timedelta(days=30)
MOST = 20


@dataclass(frozen=True)
class IntakeNote:
    at: datetime
    text: str


def intake_notes(now: datetime) -> list[IntakeNote]:
    """The notes of the last 30 days, the newest first, each text once."""
    entries = AuditEntry.objects.filter(action__in=(MACRO_NOT_FILLED, TAKEN_OVER), at__gt=now - SHOWN).order_by(
        "-at", "-id"
    )
    notes: dict[str, IntakeNote] = {}
    for entry in entries[: 10 * MOST]:
        text = _macro(entry.data) if entry.action == MACRO_NOT_FILLED else _taken_over(entry.data)
        notes.setdefault(text, IntakeNote(entry.at, text))
    return list(notes.values())[:MOST]


def _macro(data: dict[str, Any]) -> str:
    campaign = f"of campaign “{data['campaign']}” " if data["campaign"] else ""
    return f"Ads {campaign}send {data['macro']} instead of an id: correct their URL parameters, or no ad of it is credited."


def _taken_over(data: dict[str, Any]) -> str:
    return (
        f"{data['account']} took over {data['ads']} ads from a file: {data['days_twice']} days that both reported count once, "
        f"{data['days_moved']} days and {data['clicks_moved']} clicks went to the account."
    )
