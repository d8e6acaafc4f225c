from __future__ import annotations

import io
from functools import lru_cache

import numpy as np
import structlog

from sampler.domain import Portfolio
from sampler.models import PortfolioState
from stratum.core.models import AdAccount
from stratum.core.tenancy import current_workspace_id

log = structlog.get_logger("stratum.sampler")
JOINED = "joined"


def scope_of(account: AdAccount) -> str:
    """Accounts of a platform are learnt together, and not with those of another unless somebody joined them: the platforms' terms ask for it.

    An account from a file has a calendar of its own.
    """
    if account.platform == AdAccount.Platform.IMPORT:
        return f"{account.platform}:{account.pk}"
    return JOINED if account.is_joined else account.platform


def latest_portfolio(account: AdAccount) -> tuple[PortfolioState, Portfolio] | None:
    """The newest state of the account's scope, without its bytes, and the engine restored from it.

    None before the first turn, and where another version of the engine wrote it: the next turn learns all of it anew.
    """
    rows = PortfolioState.objects.filter(scope=scope_of(account)).defer("arrays")
    row = rows.order_by("-created_at", "-id").first()
    return None if row is None else restored_portfolio(row)


def restored_portfolio(row: PortfolioState) -> tuple[PortfolioState, Portfolio] | None:
    """The engine as it was; None where another version wrote the state."""
    try:
        return row, _restored(current_workspace_id(), row.digest)
    except (KeyError, ValueError, TypeError) as problem:
        log.warning("a portfolio's state cannot be read by this version", state=row.pk, reason=str(problem))
        return None


@lru_cache(maxsize=32)
def _restored(workspace: int, digest: str) -> Portfolio:
    """Safe to share: planning changes nothing in it, and a digest names one content only."""
    packed = PortfolioState.objects.values_list("arrays", flat=True).get(digest=digest)
    with np.load(io.BytesIO(bytes(packed)), allow_pickle=False) as arrays:
        return Portfolio.restore({name: arrays[name] for name in arrays.files})
