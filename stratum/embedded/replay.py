"""The clock of the demo, kept over restarts: it goes on from the instant it last showed, however the last run ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from stratum.core.clock import now, real_now
from stratum.embedded.places import read_json, write_private_json

STARTS_BACK = timedelta(days=14)
SPEED = 360.0


def resume(state: Path) -> str:
    """STRATUM_CLOCK for a run that starts now."""
    return _text(_shown(state) or real_now() - STARTS_BACK, SPEED)


def frozen(state: Path) -> str | None:
    """STRATUM_CLOCK for a command outside a run, when nothing is replayed: the last instant, at the pace of real time."""
    shown = _shown(state)
    return _text(shown, 1.0) if shown else None


def remember(state: Path) -> None:
    write_private_json(_path(state), {"shown_at": now().astimezone(UTC).isoformat()})


def _path(state: Path) -> Path:
    return state / "clock.json"


def _shown(state: Path) -> datetime | None:
    kept = read_json(_path(state))
    return datetime.fromisoformat(kept["shown_at"]) if kept else None


def _text(shown: datetime, speed: float) -> str:
    return f"{real_now().isoformat()}/{shown.isoformat()}/{speed:g}"
