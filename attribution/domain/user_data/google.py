"""Customer information as Google's Data Manager API asks for it (developers.google.com/data-manager/api, "Format user data").

Not Meta's: dots and +tags of Gmail addresses go, phones keep their plus, names keep their spaces. So no hash serves both.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from attribution.domain.user_data import meta
from attribution.domain.user_data.countries import country_code
from attribution.domain.user_data.findings import Finding, LeftOut
from attribution.domain.user_data.person import SHA256, Person
from attribution.domain.user_data.phones import international
from attribution.domain.user_data.places import bare, home_region, postal_code

MOST_IDENTIFIERS = 10
GMAIL = ("gmail.com", "googlemail.com")


def email(text: str) -> str:
    value = meta.email("".join(text.split()), "")
    local, _, host = value.rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{host}" if host in GMAIL else value


def _hashed(text: str, normalise: Callable[[str], str]) -> str:
    if SHA256.match(text):
        if text.lower() == meta.EMPTY_HASH:
            raise LeftOut("it is the hash of an empty text")
        return text.lower()
    return hashlib.sha256(normalise(text).encode()).hexdigest()


def identifiers(person: Person, *, region: str) -> tuple[list[dict[str, Any]], list[Finding]]:
    """The `userIdentifiers` of a person, and what was left out of them. `region`: the destination's default region."""
    home = home_region(person.one("country"), region)
    found: list[dict[str, Any]] = []
    findings: list[Finding] = []
    for field, key, normalise in (
        ("em", "emailAddress", email),
        ("ph", "phoneNumber", lambda text: international(text, home)),
    ):
        for text in person.known.get(field, ()):
            try:
                found.append({key: _hashed(text, normalise)})
            except LeftOut as problem:
                findings.append(Finding(field, f"Left out: {problem}.", code="left_out"))
    address = _address(person)
    return [*found[: MOST_IDENTIFIERS - 1], *([{"address": address}] if address else [])], findings


def _postal_code(text: str, country: str) -> str:
    """As it was written, but with the zeros that it lost; a ZIP code's first five digits. Empty where it cannot be one."""
    try:
        code = postal_code(text, country.upper())
    except LeftOut:
        return ""
    return text if code == bare(text) else code.upper()


def _address(person: Person) -> dict[str, str] | None:
    """Names count only together with the person's own country and the postal code."""
    first, last = person.one("fn"), person.one("ln")
    country = country_code(person.one("country"))
    code = _postal_code(person.one("zp"), country or "")
    if not (first and last and code and country):
        return None
    return {
        "givenName": _hashed(first, lambda text: text.strip().lower()),
        "familyName": _hashed(last, lambda text: text.strip().lower()),
        "regionCode": country.upper(),
        "postalCode": code,
    }
