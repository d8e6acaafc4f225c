from __future__ import annotations

from typing import Any

from attribution.models import ConversionDestination
from stratum.core import audit
from stratum.core.models import Workspace


def connect_destination(workspace: Workspace, *, actor: str, **settings: Any) -> ConversionDestination:
    """Connects a data set or a conversion action (fields of ConversionDestination). It rehearses unless told otherwise."""
    destination = ConversionDestination.objects.create(workspace=workspace, **settings)
    told = {key: settings[key] for key in ("platform", "external_id", "dry_run") if key in settings}
    audit.record("conversion destination connected", destination, actor=actor, **told)
    return destination
