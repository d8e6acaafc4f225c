from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.text import slugify

from stratum.core import audit
from stratum.core.models import Membership, User, Workspace
from stratum.core.tenancy import in_workspace


@transaction.atomic
def make_workspace(*, name: str, owner: User | None = None, actor: str = "command line", **fields: Any) -> Workspace:
    """A new workspace with its owner, in the audit trail. `fields` are those of Workspace: currency, timezone, …"""
    workspace = Workspace.objects.create(name=name, slug=_free_slug(name), **fields)
    with in_workspace(workspace):
        if owner:
            Membership.objects.create(workspace=workspace, user=owner, role="owner")
        audit.record("workspace made", workspace, actor=actor, name=name)
    return workspace


def _free_slug(name: str) -> str:
    base = slugify(name)[:50] or "workspace"
    taken = set(Workspace.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken)
