"""Customer information as Meta's documents ask for it, field by field: normalised, hashed, or left as it is.

Source: developers.facebook.com, Conversions API, "Customer Information Parameters". Our own, because Meta's two libraries contradict
that page and each other (punctuation in names, phones without a country code, dates of birth passed through).
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from attribution.domain.click_ids import fbc_of, readable_fbc
from attribution.domain.user_data.birth_dates import birth_date
from attribution.domain.user_data.clicks import clicks_in_time, moment_of
from attribution.domain.user_data.countries import country_code
from attribution.domain.user_data.findings import Finding, LeftOut
from attribution.domain.user_data.person import NEVER_HASHED, SHA256, Person
from attribution.domain.user_data.phones import international
from attribution.domain.user_data.places import bare, home_region, postal_code, us_state
from attribution.domain.user_data.spelling import address, visible

EMAIL = re.compile(r"^[^@\s<>,;:\"()]+@[^@\s<>,;:\"()]+\.[^@\s<>,;:\"().]{2,}$")
EMPTY_HASH = hashlib.sha256(b"").hexdigest()
FBC_LASTS = timedelta(days=90)
INTEGERS = ("lead_id", "fb_login_id")
TOO_LITTLE = (
    frozenset({"ct", "country", "st", "zp", "ge", "client_user_agent"}),
    frozenset({"db", "client_user_agent"}),
    frozenset({"fn", "ge"}),
    frozenset({"ln", "ge"}),
)
"""An event that holds nothing beyond one of these sets is invalid, and takes its whole request with it."""


def email(text: str, region: str) -> str:
    """The address alone, in lower case. Dots and +tags stay, the opposite of Google."""
    value = address(text)
    if not EMAIL.match(value):
        raise LeftOut("it is not an e-mail address")
    return value


def phone(text: str, region: str) -> str:
    """Digits with the country code, without plus or leading zeros."""
    return international(text, region).removeprefix("+")


def name(text: str, region: str) -> str:
    return _something(bare(text))


def gender(text: str, region: str) -> str:
    known = {"f": "f", "female": "f", "woman": "f", "m": "m", "male": "m", "man": "m"}
    try:
        return known[bare(text)]
    except KeyError:
        raise LeftOut("Meta knows f and m only") from None


def state(text: str, region: str) -> str:
    """The two letters of a US state; elsewhere lower case without spaces and punctuation."""
    abroad = region and region != "US"
    return _something(bare(text) if abroad else us_state(text) or bare(text))


def country(text: str, region: str) -> str:
    code = country_code(text)
    if code is None:
        raise LeftOut("it is neither a country's code nor the name of one")
    return code


def _born(text: str, region: str) -> str:
    return birth_date(text, region)


def _as_given(text: str, region: str) -> str:
    return _something(visible(text))


HASHED: dict[str, Callable[[str, str], str]] = {
    "em": email, "ph": phone, "fn": name, "ln": name, "ge": gender, "db": _born, "ct": name, "st": state, "zp": lambda text, region: _something(postal_code(text, region)),
    "country": country, "external_id": _as_given,
}  # fmt: skip


def _something(value: str) -> str:
    if not value:
        raise LeftOut("nothing is left of it")
    return value


def hashed(field: str, text: str, region: str) -> str:
    """SHA-256 (lower-case hex) of one normalised value; `region` as `home_region` says. What is a SHA-256 already passes, except that of an empty text."""
    value = visible(text).lower() if SHA256.match(visible(text)) else ""
    if value == EMPTY_HASH:
        raise LeftOut("it is the hash of an empty text")
    return value or hashlib.sha256(HASHED[field](text, region).encode()).hexdigest()


def user_data(
    person: Person, *, region: str, now: datetime, happened_at: datetime | None = None
) -> tuple[dict[str, Any], list[Finding]]:
    """Meta's `user_data` of a person, and what was left out of it or is doubtful. `region`: the destination's default region;
    `happened_at`: when the event was, before which its click must have been.

    A country is sent where the person has one; none follows from the default region.
    """
    home = home_region(person.one("country"), region)
    data: dict[str, Any] = {}
    person, findings = clicks_in_time(person, now=now, happened_at=happened_at)
    for field in HASHED:
        sent = []
        for text in person.known.get(field, ()):
            try:
                sent.append(hashed(field, text, home))
            except LeftOut as problem:
                findings.append(Finding(field, f"Left out: {problem}.", code="left_out"))
            if SHA256.match(text.strip()) and field != "external_id":
                findings.append(Finding(field, "It came hashed, so its form could not be checked.", code="came_hashed"))
        if sent:
            data[field] = list(dict.fromkeys(sent))
    for field in NEVER_HASHED:
        try:
            value = _plain(field, person, now)
        except LeftOut as problem:
            findings.append(Finding(field, f"Left out: {problem}.", code="left_out"))
            continue
        if value:
            data[field] = int(value) if field in INTEGERS else value
    return data, findings


def is_too_little(data: dict[str, Any]) -> bool:
    """Whether Meta could match nobody with this `user_data` and would refuse it."""
    return not data or any(set(data) <= combination for combination in TOO_LITTLE)


def _plain(field: str, person: Person, now: datetime) -> str:
    if field == "fbc":
        return _fbc(person, now)
    value = person.one(field)
    if value and SHA256.match(value):
        raise LeftOut("it must not be hashed")
    if value and field in INTEGERS and not (value.isascii() and value.isdigit() and len(value) < 20):
        raise LeftOut("it must be a whole number")
    if value and field == "lead_id" and not 15 <= len(value) <= 17:
        raise LeftOut("Meta's lead ids have 15 to 17 digits")
    if value and field == "client_ip_address":
        return _ip(value)
    return value


def _ip(text: str) -> str:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        raise LeftOut("it is not an IP address") from None
    if not found.is_global:
        raise LeftOut("the address is not a public one")
    return str(found)


def _fbc(person: Person, now: datetime) -> str:
    """As it was captured, to the letter; or made of an fbclid and the moment in which that was first seen, in milliseconds."""
    value, click = person.one("fbc"), person.one("fbclid")
    if not value and click:
        seen_at = person.clicked("fbclid")
        if seen_at is None:
            raise LeftOut("nobody knows when the click id was first seen")
        value = fbc_of(click, seen_at)
    if value and not readable_fbc(value):
        raise LeftOut("it does not look like fb.1.<milliseconds>.<click id>")
    if value and now - moment_of(value) > FBC_LASTS:
        raise LeftOut("the click is more than 90 days ago")
    return value
