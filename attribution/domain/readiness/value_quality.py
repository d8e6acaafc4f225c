from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from attribution.domain.user_data import meta
from attribution.domain.user_data.clicks import clicks_in_time
from attribution.domain.user_data.findings import Finding, LeftOut
from attribution.domain.user_data.person import PLAIN_NAMES, SHA256, Person
from attribution.domain.user_data.places import home_region

PLACEHOLDERS = frozenset({"test", "noreply", "no-reply", "donotreply", "none", "null", "unknown", "asdf", "na", "n/a"})
LOWERED_CLICK_ID = re.compile(r"^[^A-Z]{24,}$")


def flaw_of(field: str, person: Person, event: Mapping[str, Any], *, region: str, now: datetime) -> str:
    """Why the value that a person has under Meta's name `field` would match nobody; empty where nothing is known against it.

    A hash can only be looked at from outside. Where the event carries the plain value beside it, the two are compared, which tells
    hashes of hashes and of values that were not normalised.
    """
    value = person.one(field)
    if field in ("gclid", "gbraid", "wbraid"):
        if SHA256.match(value):
            return "it must not be hashed"
        _, findings = clicks_in_time(person, now=now)
        return next((reason_of(one) for one in findings if one.field == field), "")
    if field in meta.HASHED:
        home = home_region(person.one("country"), region)
        return _flaw_of_hash(field, value, event, home) if SHA256.match(value) else _flaw_of_text(field, value, home)  # fmt: skip
    data, findings = meta.user_data(replace(person, known={field: (value,)}), region="", now=now)
    if findings:
        return reason_of(findings[0])
    if "fbc" in data and LOWERED_CLICK_ID.match(value.split(".")[-1]):
        return "it looks as if it had been put into lower case, and click ids are case-sensitive"
    return ""


def reason_of(left_out: Finding) -> str:
    return left_out.sentence.removeprefix("Left out: ").removesuffix(".")


def _flaw_of_text(field: str, value: str, region: str) -> str:
    try:
        normalised = meta.HASHED[field](value, region)
    except LeftOut as problem:
        return str(problem)
    return "it is a placeholder" if normalised.partition("@")[0] in PLACEHOLDERS else ""


def _flaw_of_hash(field: str, value: str, event: Mapping[str, Any], region: str) -> str:
    given = value.lower()
    if given in (meta.EMPTY_HASH, _sha(meta.EMPTY_HASH)):
        return "it is the hash of an empty text"
    plain = next((str(event[name]) for name in PLAIN_NAMES[field] if event.get(name)), "")
    if not plain or SHA256.match(plain):
        return ""
    try:
        right = meta.hashed(field, plain, region)
    except LeftOut:
        return ""
    if given == right:
        return ""
    if given in (_sha(right), _sha(_sha(plain))):
        return "it is the hash of a hash"
    return (
        "it was hashed before it was normalised"
        if given == _sha(plain)
        else "it is not the hash of the value beside it"
    )


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
