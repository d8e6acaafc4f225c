from __future__ import annotations

from stratum.core import audit
from stratum.core.models import AdAccount


def set_dry_run(account: AdAccount, dry_run: bool, *, actor: str) -> None:
    """Turns sending off or on for an account. On the audit trail, because this is where rehearsal ends and money begins."""
    if account.dry_run == dry_run:
        return
    account.dry_run = dry_run
    account.save(update_fields=["dry_run"])
    audit.record("dry run on" if dry_run else "dry run off", account, actor=actor)
