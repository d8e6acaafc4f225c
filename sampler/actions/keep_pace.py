from __future__ import annotations

from datetime import timedelta

from sampler.models import AccountPace
from stratum.core.clock import real_now
from stratum.core.models import AdAccount

LEAST_SECONDS = 1.0


def wait_for(account: AdAccount, *, seconds: float, because: str) -> None:
    """No process calls the account's platform for so long; a wait that ends later stays."""
    free_at = real_now() + timedelta(seconds=max(seconds, LEAST_SECONDS))
    standing = AccountPace.objects.filter(account=account)
    if standing.filter(free_at__gte=free_at).exists():
        return
    AccountPace.objects.update_or_create(
        workspace_id=account.workspace_id, account=account, defaults={"free_at": free_at, "because": because}
    )


def why_waiting(account: AdAccount) -> str:
    """What an account's changes wait for before its platform is called again; empty when it may be."""
    pace = AccountPace.objects.filter(account=account, free_at__gt=real_now()).first()
    return f"Not sent yet: {pace.because}. The next try is after {pace.free_at:%H:%M:%S} UTC." if pace else ""
