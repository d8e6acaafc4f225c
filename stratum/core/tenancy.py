"""Every row belongs to one workspace, and a query that does not say which one raises.

with in_workspace(workspace):
    Deal.objects.filter(...)      # this workspace's deals
Deal.objects.filter(...)          # raises Unscoped
Deal.everywhere.filter(...)       # says aloud that it crosses the walls: sweeps and migrations only
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import models

_current: ContextVar[int | None] = ContextVar("workspace_id", default=None)


class Unscoped(RuntimeError):
    """A tenant's table was queried outside `in_workspace`."""


@contextmanager
def in_workspace(workspace: models.Model | int) -> Iterator[None]:
    token = _current.set(workspace if isinstance(workspace, int) else workspace.pk)
    try:
        yield
    finally:
        _current.reset(token)


def current_workspace_id() -> int:
    workspace_id = _current.get()
    if workspace_id is None:
        raise Unscoped("say which workspace: wrap the query in `with in_workspace(workspace):`")
    return workspace_id


class WorkspaceManager(models.Manager):
    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(workspace_id=current_workspace_id())


class WorkspaceOwned(models.Model):
    """Base of every tenant's table. Foreign keys bring no index of their own: indexes start with the workspace."""

    workspace = models.ForeignKey("core.Workspace", on_delete=models.CASCADE, db_index=False, related_name="+")

    objects = WorkspaceManager()
    everywhere = models.Manager()

    class Meta:
        abstract = True
        base_manager_name = "everywhere"
        default_manager_name = "objects"
