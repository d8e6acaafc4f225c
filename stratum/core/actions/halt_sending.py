from __future__ import annotations

from datetime import datetime

from stratum.core import audit
from stratum.core.models import AdAccount, Workspace

MOST_REASON = 240


def halt_sending(of: AdAccount | Workspace, *, because: str, actor: str, now: datetime) -> None:
    """Nothing is sent any more for an account, or for a whole workspace, until it is lifted. What is approved waits, or lapses."""
    of.halted_at, of.halted_because = now, f"{actor}: {because}"[:MOST_REASON]
    of.save(update_fields=["halted_at", "halted_because"])
    audit.record("sending stopped", of, actor=actor, because=because)


def lift_halt(of: AdAccount | Workspace, *, actor: str) -> None:
    if of.halted_at is None:
        return
    audit.record("sending resumed", of, actor=actor, stopped_at=of.halted_at.isoformat(), because=of.halted_because)
    of.halted_at, of.halted_because = None, ""
    of.save(update_fields=["halted_at", "halted_because"])


def why_halted(account: AdAccount) -> str:
    """Why nothing may be sent for this account, as the database says this moment; empty when sending is not stopped."""
    fields = ("halted_at", "halted_because", "workspace__halted_at", "workspace__halted_because")
    own_at, own, all_at, every = AdAccount.objects.values_list(*fields).get(pk=account.pk)
    if all_at:
        return f"Not sent: all sending is stopped ({every})."
    return f"Not sent: sending is stopped for this account ({own})." if own_at else ""
