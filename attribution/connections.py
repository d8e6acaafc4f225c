"""The connected portals with their secrets, decrypted once and kept for a few seconds in the process."""

from __future__ import annotations

import time
from dataclasses import dataclass

from attribution.models import CrmConnection

KEEP_SECONDS = 15.0
REREAD_SECONDS = 1.0
_kept: tuple[float, tuple[Portal, ...]] | None = None


@dataclass(frozen=True)
class Portal:
    workspace_id: int
    connection_id: int
    portal_id: int
    secrets: tuple[str, ...]
    allow_v1: bool


def portals(*, fresh: bool = False) -> tuple[Portal, ...]:
    """Every active portal. `fresh` asks the database again (a secret may just have changed), at most once a second."""
    global _kept
    age = time.monotonic() - _kept[0] if _kept else float("inf")
    if _kept is None or age > (REREAD_SECONDS if fresh else KEEP_SECONDS):
        rows = CrmConnection.everywhere.filter(is_active=True).order_by("id")
        found = tuple(Portal(row.workspace_id, row.pk, row.portal_id, tuple(row.secrets), row.allow_v1) for row in rows)
        _kept = (time.monotonic(), found)
    return _kept[1]


def forget_portals() -> None:
    global _kept
    _kept = None
