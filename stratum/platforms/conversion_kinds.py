"""Which kind of result an account counts: one, chosen once, so that the column of conversions never changes its meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from stratum.platforms.findings import Findings

PREFERRED = (
    "omni_purchase",
    "purchase",
    "offsite_conversion.fb_pixel_purchase",
    "onsite_web_purchase",
    "onsite_web_app_purchase",
    "app_custom_event.fb_mobile_purchase",
    "lead",
    "onsite_conversion.lead_grouped",
    "offsite_conversion.fb_pixel_lead",
    "onsite_web_lead",
)
"""Roll-ups of one another: exactly one is read, the first that the account reports, and they are never added up."""
CUSTOM = "offsite_conversion.custom."
"""The account's own conversions, each under a number of its own."""
NO_VALUE = "A result without a number: left out of its day"
NO_TYPE = "A result without a kind: left out of its day"


def chosen_kind(rows: Iterable[Mapping[str, Any]]) -> str:
    """The kind to count from these insights; empty while they hold none that is known. Of custom conversions the most frequent."""
    counts: Counter[str] = Counter()
    for row in rows:
        for kind, number in action_values(row.get("actions"), Findings()):
            counts[kind] += 1 if number else 0
    own = sorted((kind for kind in counts if kind.startswith(CUSTOM)), key=lambda kind: (-counts[kind], kind))
    return next((kind for kind in (*PREFERRED, *own) if counts[kind]), "")


def value_of(actions: Any, kind: str, findings: Findings) -> Decimal | None:
    """What a row reports of the chosen kind: 0 where it reports none of it; None while no kind is chosen."""
    if not kind:
        return None
    return next((number for named, number in action_values(actions, findings) if named == kind), Decimal(0))


def action_values(actions: Any, findings: Findings) -> list[tuple[str, Decimal]]:
    found = []
    for action in actions if isinstance(actions, list) else ():
        kind = action.get("action_type") if isinstance(action, Mapping) else None
        if not kind:
            findings.add(NO_TYPE, action)
            continue
        number = decimal_of(action.get("value"))
        if number is None:
            findings.add(NO_VALUE, kind)
            continue
        found.append((str(kind), number))
    return found


def decimal_of(value: Any) -> Decimal | None:
    """A finite number, or None."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
