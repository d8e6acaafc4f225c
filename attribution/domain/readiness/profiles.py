"""How much each field helps a platform to find the person. Ours, not the platforms': they publish no weights.

`default` adds the weights of the fields that are there. The quality-aware profiles ask how good each value is, let the fields of one
group not count for more than the group's cap, and combine groups like independent chances: 1 − Π(1 − m), scaled so that everything
together is 100. Their figures are assumptions, ordered as practitioners agree (e-mail ≥ phone ≈ click id > external id ≈ browser id >
name with postal code > address and browser > place); `match_quality` publishes how far they are from Meta's own score.
"""

from __future__ import annotations

from dataclasses import dataclass

CLICK_FIELDS = {"meta": ("fbc", "fbclid"), "google": ("gclid", "gbraid", "wbraid")}

DEFAULT = {
    "meta": {"email": 0.25, "phone": 0.20, "click_id": 0.20, "ip": 0.15, "user_agent": 0.10, "external_id": 0.10},
    "google": {"email": 0.25, "phone": 0.20, "gclid": 0.25, "ip": 0.10, "user_agent": 0.10, "external_id": 0.10},
}
PLAIN = {
    "email": ("em",), "phone": ("ph",), "ip": ("client_ip_address",), "user_agent": ("client_user_agent",), "external_id": ("external_id",),
    "lead_id": ("lead_id",), "browser_id": ("fbp",), "first_name": ("fn",), "last_name": ("ln",), "birth_date": ("db",),
    "postal_code": ("zp",), "city": ("ct",), "state": ("st",), "country": ("country",), "gender": ("ge",),
    "gclid": CLICK_FIELDS["google"],
}  # fmt: skip
"""Plain names of the fields, and where each is found in a Person."""


@dataclass(frozen=True)
class Group:
    """Fields that say much the same: the best counts first, and together they never count for more than `cap`.

    `only_with`: without one of these fields beside it the group is worth nothing.
    """

    fields: dict[str, float]
    cap: float
    only_with: tuple[str, ...] = ()


PLACE = Group({"city": 0.04, "state": 0.03, "country": 0.03, "postal_code": 0.05, "gender": 0.02}, 0.10)
NAMES = Group({"first_name": 0.14, "last_name": 0.14}, 0.25, only_with=("postal_code", "birth_date"))
BROWSER = Group({"ip": 0.12, "user_agent": 0.10}, 0.20)
QUALITY: dict[tuple[str, str], tuple[Group, ...]] = {
    ("meta", "web"): (
        Group({"email": 0.45, "phone": 0.40}, 0.50),
        Group({"click_id": 0.40, "browser_id": 0.25}, 0.45),
        Group({"external_id": 0.25}, 0.25),
        NAMES,
        BROWSER,
        PLACE,
    ),
    ("meta", "crm"): (
        Group({"lead_id": 0.95}, 0.95),
        Group({"email": 0.60, "phone": 0.50}, 0.70),
        Group({"click_id": 0.50}, 0.50),
        Group({"external_id": 0.15}, 0.15),
        NAMES,
        PLACE,
    ),
    ("google", "web"): (
        Group({"gclid": 0.60}, 0.60),
        Group({"email": 0.45, "phone": 0.40}, 0.50),
        Group({"external_id": 0.10}, 0.10),
        NAMES,
        BROWSER,
        PLACE,
    ),
    ("google", "crm"): (
        Group({"gclid": 0.90}, 0.90),
        Group({"email": 0.60, "phone": 0.50}, 0.70),
        NAMES,
        PLACE,
    ),
}
PLATFORMS, PROFILES = ("meta", "google"), ("default", "web", "crm")


def sources(platform: str, field: str) -> tuple[str, ...]:
    """Under which names of a Person the field is found."""
    return CLICK_FIELDS[platform] if field == "click_id" else PLAIN[field]
