"""Evidence in words."""

from __future__ import annotations

from datetime import timedelta

from attribution.models import Layer, Rule

MODELLED = "no key was left; ads share it by their recent clicks, by what a click of each brings, and by the form's fit"
NOTHING = "no key leads to a click, or what it leads to is too uncertain"


def because(layer: Layer, rule: Rule, sharing: int, delay: timedelta | None) -> str:
    """Why a line of a deal stands, such as “the same fingerprint, which 3 sessions share; clicked 2 days before the lead”."""
    if layer == Layer.MODELLED:
        return MODELLED
    if layer == Layer.UNATTRIBUTED or rule == Rule.NONE:
        return NOTHING
    shared = f", which {sharing} sessions share" if sharing > 1 else ""
    return f"{rule.label}{shared}" + (f"; clicked {span(delay)} before the lead" if delay is not None else "")


def span(length: timedelta) -> str:
    seconds = max(length.total_seconds(), 0)
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}" + ("s" if count > 1 else "")
    return "less than a minute"
