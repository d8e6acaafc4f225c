"""Who an event is about, under one set of names, however the event names it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from attribution.domain.click_ids import KINDS, kind_of, readable_fbc
from attribution.domain.user_data.spelling import visible

PLAIN_NAMES = {
    "em": ("email", "emails"),
    "ph": ("phone", "phones", "phone_number"),
    "fn": ("first_name",),
    "ln": ("last_name",),
    "ge": ("gender",),
    "db": ("birth_date", "date_of_birth", "dob"),
    "ct": ("city",),
    "st": ("state", "region"),
    "zp": ("postal_code", "zip", "zip_code"),
    "country": ("country_code",),
    "external_id": ("user_id", "customer_id"),
    "client_ip_address": ("ip", "ip_address"),
    "client_user_agent": ("user_agent",),
    "lead_id": ("meta_lead_id", "leadgen_id"),
}
"""Meta's name of a field, and what else it is called."""
NEVER_HASHED = (
    "client_ip_address", "client_user_agent", "fbc", "fbp", "subscription_id", "fb_login_id", "lead_id", "anon_id", "madid", "page_id",
    "page_scoped_user_id", "ctwa_clid", "ig_account_id", "ig_sid",
)  # fmt: skip
NAMES = (*PLAIN_NAMES, "fbc", "fbp", *KINDS, *(name for name in NEVER_HASHED if name not in PLAIN_NAMES))
SHA256 = re.compile(r"^[0-9a-fA-F]{64}$")


@dataclass(frozen=True)
class Person:
    """Values as they were given, but for invisible characters, under Meta's names and those of the click ids.

    `clicked_at`: when the click id was first seen; `clicks_at`: the same of each kind, where there are several.
    """

    known: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    clicked_at: datetime | None = None
    clicks_at: Mapping[str, datetime | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shown = {name: tuple(text for one in values if (text := visible(one))) for name, values in self.known.items()}
        object.__setattr__(self, "known", {name: values for name, values in shown.items() if values})

    def clicked(self, kind: str) -> datetime | None:
        return self.clicks_at.get(kind, self.clicked_at)

    def one(self, name: str) -> str:
        return next(iter(self.known.get(name, ())), "")


def person_of(event: Mapping[str, Any], *, click_id_is: str, clicked_at: datetime | None = None) -> Person:
    """Reads an event that names its fields Meta's way (`user_data` with `em`, `ph`, …), Google's, or plainly (`email`, `phone`, …).

    A click id goes by its form, whatever field it is in; a bare `click_id` of no known form is taken for a `click_id_is`.
    Empty values count as absent.
    """
    inner = event.get("user_data")
    given = {**event, **(inner if isinstance(inner, Mapping) else {})}
    known = {name: _texts(given, name) for name in NAMES}
    named = [(name, value) for name in ("fbc", *KINDS) for value in known.pop(name)]
    for name, value in [*named, *((click_id_is, one) for one in _texts(given, "click_id"))]:
        kind = _click_field(name, value)
        known[kind] = known.get(kind) or (value,)
    return Person({name: values for name, values in known.items() if values}, clicked_at)


def _click_field(name: str, value: str) -> str:
    """The field that a click id belongs in, by its form before the field that it was given in."""
    if readable_fbc(value):
        return "fbc"
    by_form = kind_of(value)
    return name if name == "fbc" and not by_form else kind_of(value, name) or name


def _texts(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    for key in (name, *PLAIN_NAMES.get(name, ())):
        value = given.get(key)
        listed = value if isinstance(value, (list, tuple)) else [value]
        texts = [str(one).strip() for one in listed if isinstance(one, (str, int)) and not isinstance(one, bool)]
        if any(texts):
            return tuple(dict.fromkeys(text for text in texts if text))
    return ()
