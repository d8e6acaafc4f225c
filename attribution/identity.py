"""Identifiers of people become keyed hashes the moment they enter: 8 bytes of HMAC-SHA256, different in every workspace."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache

from attribution.domain.identity import ANONYMOUS, COMPANY, CONTACT, EMAIL, PHONE, Key
from attribution.domain.user_data import meta
from attribution.domain.user_data.findings import LeftOut
from attribution.domain.user_data.person import Person
from attribution.domain.user_data.places import home_region
from attribution.domain.user_data.spelling import address, visible
from stratum.core.crypto import keyed_hash

COLUMNS = {
    "click": "click_id",
    "anonymous": "anonymous_id",
    "fingerprint": "fingerprint",
    "ip": "ip",
    "email": "email",
    "phone": "phone",
    "contact": "contact_id",
    "company": "company",
}
"""Keys, and the columns of rows that hold them."""
KEYS = tuple(COLUMNS)
HASH_NAMES = tuple(f"{key}_hash" for key in KEYS)
PERSON_KINDS = {"anonymous": ANONYMOUS, "email": EMAIL, "phone": PHONE, "contact": CONTACT, "company": COMPANY}


@lru_cache(maxsize=65_536)
def _network(ip: str) -> str:
    """An IPv4 address whole, an IPv6 one as its /64 (the rest changes by the day); text that is no address stays text."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    return str(address) if address.version == 4 else str(ipaddress.ip_network(f"{address}/64", strict=False))


def _digits(phone: str) -> str:
    return "".join(sign for sign in phone if sign.isdigit()).lstrip("0")


# A click id is case-sensitive, an e-mail address is not.
NORMALISE = {"email": address, "ip": _network, "phone": _digits, "company": str.casefold}


def hashed(workspace_id: int, key: str, value: str | None) -> int | None:
    """The hash that stands for one identifier, or None where there is none. `key` is one of KEYS."""
    if not value:
        return None
    text = visible(value)
    if key in NORMALISE:
        text = NORMALISE[key](text)
    if not text:
        return None
    return int.from_bytes(keyed_hash(workspace_id, key, text)[:8], "big", signed=True)


NAMES = {"em": "email", "ph": "phone", "external_id": "contact"}
"""What names a person in an event for an ad platform, and the key that it is."""


def keys_naming(workspace_id: int, person: Person, region: str) -> set[Key]:
    """The keys that name a person: each as it was written, and as an ad platform is told it, hashed.

    So a number without its country, an address in capitals and a hash of either name the same person. `region` is the destination's.
    """
    home = home_region(person.one("country"), region)
    found = set()
    for field, name in NAMES.items():
        for text in person.known.get(field, ()):
            spellings = {text}
            with suppress(LeftOut):
                spellings.add(meta.hashed(field, text, home))
            found |= {(PERSON_KINDS[name], hashed(workspace_id, name, one)) for one in spellings}
    return {key for key in found if key[1] is not None}


def hashes(workspace_id: int, values: Mapping[str, str | None]) -> dict[str, int | None]:
    """`{"click_hash": …, "anonymous_hash": …, …}` from raw values under the names in KEYS."""
    return {f"{key}_hash": hashed(workspace_id, key, values.get(key)) for key in KEYS}


def hashes_of_row(workspace_id: int, row: Mapping[str, str | None]) -> dict[str, int | None]:
    """The same from a row with the columns of imports and bulk calls."""
    found = dict.fromkeys(HASH_NAMES)
    for key, column in COLUMNS.items():
        if value := row.get(column):
            found[f"{key}_hash"] = hashed(workspace_id, key, value)
    return found
