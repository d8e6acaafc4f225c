"""The click ids of one person: the newest word first, one a platform, at most two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from attribution.domain.click_ids import PLATFORMS
from attribution.domain.user_data.spelling import visible

CLICK_FIELDS = tuple(f"{which}click_id{part}" for which in ("", "other_") for part in ("", "_kind", "_seen_at"))
"""Where a contact keeps them."""
MOST = 2
TOLD = ("meta", "google")
"""Platforms that are told of conversions: their click ids are kept before others."""


@dataclass(frozen=True)
class Click:
    """A click id as it was captured, its kind where that is known, and when it was first seen."""

    value: str
    kind: str = ""
    seen_at: datetime | None = None

    @property
    def platform(self) -> str:
        return PLATFORMS.get(self.kind, self.kind)


def merged(first: Sequence[Click], second: Sequence[Click]) -> list[Click]:
    """All clicks of `first`, and those of `second` that are of another platform. One that both have takes from the second what it lacks."""
    found = []
    for click in (*first, *second):
        same = next((one for one in found if one.value == click.value), None)
        if same:
            at = found.index(same)
            found[at] = replace(same, kind=same.kind or click.kind, seen_at=same.seen_at or click.seen_at)
        elif click.platform not in {one.platform for one in found}:
            found.append(click)
    kept = sorted(found, key=lambda one: one.platform not in TOLD) if len(found) > MOST else found
    return kept[:MOST]


def clicks_of(fields: Mapping[str, Any]) -> list[Click]:
    """The click ids among a contact's fields, the first one first."""
    pairs = ((which, fields.get(f"{which}click_id")) for which in ("", "other_"))
    return [
        Click(value, fields.get(f"{which}click_id_kind") or "", fields.get(f"{which}click_id_seen_at"))
        for which, value in pairs
        if value and visible(value)
    ]


def fields_of_clicks(clicks: Sequence[Click]) -> dict[str, Any]:
    """The same click ids as fields of a contact."""
    values = [value for one in (*clicks, Click(""), Click(""))[:2] for value in (one.value, one.kind, one.seen_at)]
    return dict(zip(CLICK_FIELDS, values, strict=True))
