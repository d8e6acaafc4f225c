from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from attribution.domain.click_ids import KINDS, readable_fbc
from attribution.domain.user_data.findings import Finding
from attribution.domain.user_data.person import Person

CLOCKS_DIFFER = timedelta(minutes=1)


def clicks_in_time(person: Person, *, now: datetime, happened_at: datetime | None = None) -> tuple[Person, list[Finding]]:  # fmt: skip
    """The person without click ids of clicks that have not happened yet or came after the event at `happened_at`, and a finding for each."""
    kept, findings = dict(person.known), []
    for name in ("fbc", *KINDS):
        at = _clicked_at(person, name)
        if at is None:
            continue
        if at > now + CLOCKS_DIFFER:
            findings.append(Finding(name, "Left out: its click is dated in the future.", code="left_out"))
        elif happened_at and at > happened_at + CLOCKS_DIFFER:
            findings.append(Finding(name, "Left out: its click came after the event.", code="left_out"))
        else:
            continue
        del kept[name]
    return replace(person, known=kept), findings


def moment_of(fbc: str) -> datetime:
    """When the click of a readable `fbc` was first seen."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=min(int(fbc.split(".")[2]), 10**14))


def _clicked_at(person: Person, name: str) -> datetime | None:
    value = person.one(name)
    if name == "fbc" and readable_fbc(value):
        return moment_of(value)
    return person.clicked(name) if value else None
