from __future__ import annotations

from typing import Any

from sampler.models import AccountLimits
from stratum.core import audit
from stratum.core.models import AdAccount


def set_limits(account: AdAccount, *, actor: str, **limits: Any) -> AccountLimits:
    """Sets some of an account's guardrails (fields of AccountLimits, money in minor units); the rest keep their values."""
    row, _ = AccountLimits.objects.get_or_create(workspace_id=account.workspace_id, account=account)
    before = {name: getattr(row, name) for name in limits}
    for name, value in limits.items():
        setattr(row, name, value)
    row.full_clean()
    row.save()
    audit.record("limits set", account, actor=actor, before=before, after=limits)
    return row
