from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, Q, QuerySet, Subquery

M = TypeVar("M", bound=Model)


def newest_first(rows: QuerySet[M], *, limit: int, after: int | None = None) -> list[M]:
    """Up to `limit` rows by `created_at`, the newest first; `after`: only those that come after the row with this id, among them or not."""
    if after is not None:
        at = Subquery(rows.model.objects.filter(pk=after).values("created_at"))
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=after))
    return list(rows.order_by("-created_at", "-id")[:limit])
