"""Whom ad sets are aimed at, in the shape of Meta's `targeting`."""

from __future__ import annotations

from typing import Any

DEFAULT = {
    "age_max": 65,
    "age_min": 18,
    "geo_locations": {"countries": ["US"], "location_types": ["home", "recent"]},
    "targeting_automation": {"advantage_audience": 0},
}


def _interest(number: int, name: str) -> dict[str, Any]:
    return {"flexible_spec": [{"interests": [{"id": f"60030{number:08d}", "name": name}]}]}


NARROWER = {
    "Homeowners 35-55": {"age_min": 35, "age_max": 55, **_interest(1, "Home improvement")},
    "Interest: renovation": _interest(2, "Renovation"),
    "Founders": {"age_min": 25, **_interest(3, "Entrepreneurship")},
    "Operations leads": {"age_min": 25, "age_max": 54, **_interest(4, "Operations management")},
    "Finance leads": {"age_min": 30, "age_max": 60, **_interest(5, "Corporate finance")},
    "Broad": {},
}


def targeting_of(audience: str) -> dict[str, Any]:
    """All of it for an audience by its name in `verticals`; one that is not of people at large is a custom audience."""
    if audience in NARROWER:
        return {**DEFAULT, **NARROWER[audience]}
    number = sum(place * ord(letter) for place, letter in enumerate(audience, 1))
    return {**DEFAULT, "custom_audiences": [{"id": f"238{number:014d}", "name": audience}]}
