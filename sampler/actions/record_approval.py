from __future__ import annotations

from datetime import datetime

from sampler.models import Approval, Change
from sampler.selectors.approvals import content_hash


def record_approval(change: Change, *, by: str, now: datetime) -> None:
    """Once a person; saying it again renews it."""
    Approval.objects.update_or_create(
        workspace_id=change.workspace_id, change=change, by=by, defaults={"at": now, "of": content_hash(change)}
    )
