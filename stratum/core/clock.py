"""The product's clock: real time, or a replay that runs faster until it has caught up with real time.

`STRATUM_CLOCK=2026-11-21T13:00:00+00:00/2026-10-22T13:00:00+00:00/1440` says that at the first instant (real) the second
one was shown, and that from there on 1,440 replayed seconds pass in a real one. The replay never overtakes real time.
Signatures, leases and logs use real time (`real_now`); everything that is dated in the business's own days uses `now`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache


@dataclass(frozen=True)
class Replay:
    real_anchor: datetime
    shown_anchor: datetime
    speed: float

    @classmethod
    def parse(cls, text: str) -> Replay:
        """Reads `REAL/SHOWN/SPEED`; ValueError says which part cannot be read."""
        parts = text.split("/")
        if len(parts) != 3:
            raise ValueError(
                "STRATUM_CLOCK is REAL/SHOWN/SPEED, for example 2026-11-21T13:00:00+00:00/2026-10-22T13:00:00+00:00/1440"
            )
        real, shown = (datetime.fromisoformat(part) for part in parts[:2])
        if real.tzinfo is None or shown.tzinfo is None:
            raise ValueError("STRATUM_CLOCK: both instants need an offset, such as +00:00")
        return cls(real, shown, float(parts[2]))

    def shown_at(self, real: datetime) -> datetime:
        return min(self.shown_anchor + (real - self.real_anchor) * self.speed, real)


@lru_cache(maxsize=1)
def _replay(text: str) -> Replay | None:
    return Replay.parse(text) if text else None


def real_now() -> datetime:
    return datetime.now(UTC)


def now() -> datetime:
    replay = _replay(os.environ.get("STRATUM_CLOCK", ""))
    return replay.shown_at(real_now()) if replay else real_now()


def as_shown(real: datetime) -> datetime:
    """What the clock showed at a real instant: for comparing what was stamped in real time with `now`."""
    replay = _replay(os.environ.get("STRATUM_CLOCK", ""))
    return replay.shown_at(real) if replay else real


def pace() -> float:
    """Shown seconds a real second: above 1 while a replay is catching up."""
    replay = _replay(os.environ.get("STRATUM_CLOCK", ""))
    return replay.speed if replay and now() < real_now() else 1.0
