from __future__ import annotations

from typing import Any

from stratum.core.clock import now
from stratum.core.models import AuditEntry
from stratum.core.tenancy import current_workspace_id


def record(action: str, subject: object, *, actor: str, **data: Any) -> None:
    """Adds to the audit trail, in the transaction of the change that it tells of. Values must fit JSON."""
    name = f"{type(subject).__name__} {getattr(subject, 'pk', subject)}"
    AuditEntry.objects.create(
        workspace_id=current_workspace_id(), at=now(), actor=actor, action=action, subject=name, data=data
    )
