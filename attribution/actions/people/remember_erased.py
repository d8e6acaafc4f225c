from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attribution.domain.identity import Key
from attribution.models import ErasedKey
from stratum.core.models import Workspace


def remember_erased(workspace: Workspace, keys: Iterable[Key], *, now: datetime) -> None:
    """Has these keys of a person dropped wherever they come in again."""
    rows = [
        ErasedKey(workspace=workspace, kind=kind, key_hash=key_hash, erased_at=now) for kind, key_hash in sorted(keys)
    ]
    ErasedKey.objects.bulk_create(rows, ignore_conflicts=True)


def erased_among(keys: Iterable[Key]) -> set[Key]:
    """Those of the keys whose person was erased."""
    by_kind: dict[int, list[int]] = {}
    for kind, key_hash in keys:
        by_kind.setdefault(kind, []).append(key_hash)
    if not by_kind or not ErasedKey.objects.exists():
        return set()
    return {
        key
        for kind, hashes in by_kind.items()
        for key in ErasedKey.objects.filter(kind=kind, key_hash__in=hashes).values_list("kind", "key_hash")
    }
