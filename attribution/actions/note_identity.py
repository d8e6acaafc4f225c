from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attribution.models import IdentityEdge
from stratum.core.models import Workspace

Key = tuple[int, int]
"""Kind (of IdentityEdge.Key) and hash."""


def note_identity(workspace: Workspace, pairs: Sequence[tuple[Key, Key]], *, source: str, at: datetime) -> None:
    """Keeps that two keys were seen together, each pair once whichever comes first; a pair of the same key says nothing."""
    edges = [
        IdentityEdge(
            workspace=workspace,
            left_kind=left[0],
            left_hash=left[1],
            right_kind=right[0],
            right_hash=right[1],
            source=source,
            first_seen_at=at,
        )
        for left, right in (sorted(pair) for pair in pairs)
        if left != right
    ]
    IdentityEdge.objects.bulk_create(edges, ignore_conflicts=True)
