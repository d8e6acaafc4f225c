"""Match readiness: our estimate of how well a platform can find the person behind an event."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from attribution.domain.readiness.profiles import DEFAULT, QUALITY, Group, sources
from attribution.domain.readiness.value_quality import flaw_of, reason_of
from attribution.domain.user_data.clicks import clicks_in_time
from attribution.domain.user_data.meta import EMPTY_HASH
from attribution.domain.user_data.person import Person, person_of

LEVELS = ((80, "excellent"), (60, "good"), (40, "fair"), (0, "poor"))
BASIS = (
    "Estimates, not measurements. Accuracy: the chance that at least one of the keys finds the person, if each alone finds the share that "
    "its weight says and they do so independently, 1 − Π(1 − weight). Impact on ROAS: how much more of the true return the platform "
    "would see with every field of the profile in good order, as a share of that return."
)


@dataclass(frozen=True)
class Readiness:
    """`score` 0 to 100; `missing` and the reasons in `flawed` by plain field name; accuracy and impact as shares of one."""

    profile: str
    score: float
    level: str
    missing: tuple[str, ...]
    flawed: dict[str, str]
    recommendations: tuple[str, ...]
    accuracy: float
    roas_impact: float


def level_of(score: float) -> str:
    return next(name for least, name in LEVELS if score >= least)


def readiness(event: Mapping[str, Any], *, platform: str, profile: str, region: str, now: datetime, clicked_at: datetime | None = None, happened_at: datetime | None = None) -> Readiness:  # fmt: skip
    """Scores one event under any names that `person_of` reads. `profile`: default, web or crm; a click after `happened_at` counts for nothing."""
    person = person_of(event, click_id_is="fbclid" if platform == "meta" else "gclid", clicked_at=clicked_at)
    return readiness_of(
        person, event, platform=platform, profile=profile, region=region, now=now, happened_at=happened_at
    )


def readiness_of(
    person: Person, event: Mapping[str, Any], *, platform: str, profile: str, region: str, now: datetime,
    happened_at: datetime | None = None,
) -> Readiness:  # fmt: skip
    flawed: dict[str, str] = {}
    late = {one.field: reason_of(one) for one in clicks_in_time(person, now=now, happened_at=happened_at)[1]}

    def flaw(field: str, name: str) -> str:
        if name in late:
            return late[name]
        if profile == "default":
            return "it is the hash of an empty text" if person.one(name).lower() == EMPTY_HASH else ""
        return flaw_of(name, person, event, region=region, now=now)

    def good(field: str) -> bool:
        found = [name for name in sources(platform, field) if person.one(name)]
        flaws = [flaw(field, name) for name in found]
        if found and all(flaws):
            flawed[field] = flaws[0]
        return not all(flaws)

    fields = DEFAULT[platform] if profile == "default" else _fields(QUALITY[platform, profile])
    here = {field: good(field) for field in fields}
    score, accuracy, whole = (
        _by_weights(DEFAULT[platform], here)
        if profile == "default"
        else _by_groups(QUALITY[platform, profile], here.get)
    )
    missing = tuple(sorted((field for field, there in here.items() if not there), key=lambda field: -fields[field]))
    return Readiness(
        profile=profile,
        score=round(score, 1),
        level=level_of(round(score, 1)),
        missing=missing,
        flawed=flawed,
        recommendations=tuple(_advice(field, flawed.get(field)) for field in missing),
        accuracy=round(accuracy, 4),
        roas_impact=round(whole - accuracy, 4),
    )


def _fields(groups: tuple[Group, ...]) -> dict[str, float]:
    fields: dict[str, float] = {}
    for group in groups:
        fields = group.fields | fields
    return fields


def _by_weights(weights: Mapping[str, float], here: Mapping[str, bool]) -> tuple[float, float, float]:
    """Score, accuracy now, accuracy with everything."""
    score = 100 * math.fsum(weight for field, weight in weights.items() if here[field])
    return score, _any([w for f, w in weights.items() if here[f]]), _any(list(weights.values()))


def _by_groups(groups: tuple[Group, ...], here: Callable[[str], bool | None]) -> tuple[float, float, float]:
    chances = [_worth(group, here) for group in groups]
    now, whole = _any(chances), _any([_worth(group, lambda field: True) for group in groups])
    return 100 * now / whole, now, whole


def _worth(group: Group, here: Callable[[str], bool | None]) -> float:
    if group.only_with and not any(here(field) for field in group.only_with):
        return 0.0
    worths = sorted((worth for field, worth in group.fields.items() if here(field)), reverse=True)
    return min(group.cap, math.fsum(worths))


def _any(chances: list[float]) -> float:
    """The chance that at least one of several independent ones comes true."""
    return 1 - math.prod(1 - chance for chance in chances)


HOW = {
    "email": "Send the e-mail address: most people are found by it.",
    "phone": "Send the phone number with its country code.",
    "click_id": "Keep the click id (fbclid, or the _fbc cookie) with the moment it was first seen, and send it to the letter.",
    "gclid": "Keep the click id (gclid) from the landing page, and send it to the letter.",
    "lead_id": "Keep Meta's lead id with the lead: for CRM events it alone is decisive.",
    "browser_id": "Send the _fbp cookie.",
    "ip": "Send the visitor's own IP address, not the server's.",
    "user_agent": "Send the visitor's user agent, not the server's.",
    "external_id": "Send your own id of the customer, the same in all channels.",
}


def _advice(field: str, flaw: str | None) -> str:
    plain = field.replace("_", " ")
    if flaw:
        return f"Mend the {plain}: {flaw}."
    return HOW.get(field, f"Send the {plain}.")
