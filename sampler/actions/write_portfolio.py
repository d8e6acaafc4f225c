from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import numpy as np

from sampler.domain import Portfolio
from sampler.models import Plan, PortfolioState
from stratum.core.tenancy import current_workspace_id

KEPT = timedelta(days=30)


class NotSound(Exception):
    """What was learnt cannot be planned with."""


def write_portfolio(
    scope: str,
    portfolio: Portfolio,
    *,
    drift: Mapping[int, float],
    as_of: date,
    holders: int,
    events: int,
    now: datetime,
) -> PortfolioState:
    """Stores what the engine knows, once for each content. Older states go after 30 days, except those that a plan stands on.

    NotSound where a figure is no number: then the last state stands, and plans go on from that.
    """
    arrays = portfolio.state()
    if broken := [name for name, array in arrays.items() if array.dtype.kind == "f" and not np.isfinite(array).all()]:
        raise NotSound(f"what was learnt of {scope} holds figures that are no numbers: {', '.join(sorted(broken))}")
    strays = {str(account): spread for account, spread in sorted(drift.items())}
    digest = _digest(f"{scope} {strays}", arrays)
    told = {
        "scope": scope,
        "as_of_date": as_of,
        "holders": holders,
        "events": events,
        "drift": strays,
        "created_at": now,
    }
    row, _ = PortfolioState.objects.update_or_create(
        workspace_id=current_workspace_id(),
        digest=digest,
        defaults={"created_at": now},
        create_defaults={**told, "arrays": _packed(arrays)},
    )
    current = Plan.objects.filter(status=Plan.Status.CURRENT).values("portfolio")
    PortfolioState.objects.filter(scope=scope, created_at__lt=now - KEPT).exclude(digest__in=current).delete()
    return row


def _digest(scope: str, arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256(scope.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}{array.dtype}{array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def _packed(arrays: dict[str, np.ndarray]) -> bytes:
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    return packed.getvalue()
