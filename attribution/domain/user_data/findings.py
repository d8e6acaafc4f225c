from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing to know about an event, in a sentence that never quotes what it is about. `stops`: it must not be sent like this."""

    field: str
    sentence: str
    stops: bool = False
    code: str = ""


class LeftOut(ValueError):
    """A value that cannot be sent. The text says why, without the value."""
