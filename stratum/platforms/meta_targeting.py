"""Whom a Meta ad set is aimed at, from its `targeting`, in a short text that is the same whatever order Meta lists things in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

LONGEST = 240
EVERY_AGE = (18, 65)
"""Meta's own bounds. The upper one means that age and above."""
GENDERS = {1: "men", 2: "women"}
BROAD = "Everybody"


def audience_text(targeting: Mapping[str, Any] | None) -> str:
    """The names of its custom and lookalike audiences; where it has none, places, ages, genders and interests: “US, 25–54, women, running”.

    Empty where Meta told no targeting. Audiences that are left out of it follow after “without”.
    """
    if targeting is None:
        return ""
    parts = _names(targeting.get("custom_audiences")) or _everyone_of(targeting)
    told = ", ".join(parts) or BROAD
    if excluded := _names(targeting.get("excluded_custom_audiences")):
        told += f" without {', '.join(excluded)}"
    return told if len(told) <= LONGEST else f"{told[: LONGEST - 1]}…"


def _everyone_of(targeting: Mapping[str, Any]) -> list[str]:
    return [
        *_places(targeting.get("geo_locations") or {}),
        *_ages(targeting),
        *_genders(targeting),
        *_interests(targeting),
    ]


def _places(places: Mapping[str, Any]) -> list[str]:
    """Countries and their groups by code; regions, cities, zips and the like by name."""
    codes = [*places.get("countries", []), *places.get("country_groups", [])]
    lists = (held for kind, held in places.items() if kind not in ("location_types", "countries", "country_groups"))
    return [*sorted(codes), *_names(one for held in lists if isinstance(held, list) for one in held)]


def _ages(targeting: Mapping[str, Any]) -> list[str]:
    least, most = targeting.get("age_min") or EVERY_AGE[0], targeting.get("age_max") or EVERY_AGE[1]
    if (least, most) == EVERY_AGE:
        return []
    return [f"{least}+" if most >= EVERY_AGE[1] else f"{least}–{most}"]


def _genders(targeting: Mapping[str, Any]) -> list[str]:
    chosen = {GENDERS[one] for one in targeting.get("genders") or () if one in GENDERS}
    return sorted(chosen) if len(chosen) == 1 else []


def _interests(targeting: Mapping[str, Any]) -> list[str]:
    """Interests, behaviours, jobs and whatever else has a name, of the whole and of each part of `flexible_spec`."""
    parts = ({"interests": targeting.get("interests") or []}, *(targeting.get("flexible_spec") or ()))
    return _names(one for part in parts for held in part.values() if isinstance(held, list) for one in held)


def _names(held: Iterable[Any] | None) -> list[str]:
    """Each once, sorted; the id of what has no name, such as an audience of somebody else's."""
    named = (one for one in held or () if isinstance(one, Mapping))
    texts = (one.get("name") or one.get("id") or one.get("key") for one in named)
    return sorted({str(text) for text in texts if text})
