from __future__ import annotations

from stratum.core import audit
from stratum.core.models import Workspace


def choose_revenue(workspace: Workspace, source: str, *, actor: str) -> None:
    """Sets where the workspace's revenue comes from, one of Workspace.RevenueSource, with an audit entry where that changes."""
    if workspace.revenue_source != source:
        before, workspace.revenue_source = workspace.revenue_source, source
        workspace.save(update_fields=["revenue_source"])
        audit.record("revenue source chosen", workspace, actor=actor, before=before, after=source)
