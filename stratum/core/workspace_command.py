from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from stratum.core.models import Workspace
from stratum.core.tenancy import in_workspace


class WorkspaceCommand(BaseCommand):
    """Base of commands that work on one workspace that exists: `manage.py … --workspace W`."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, help="Name of the workspace.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            workspace = Workspace.named(options["workspace"])
        except Workspace.DoesNotExist:
            names = ", ".join(f"“{name}”" for name in Workspace.objects.order_by("id").values_list("name", flat=True))
            raise CommandError(
                f"there is no workspace “{options['workspace']}”; there is {names or 'none yet'}"
            ) from None
        with in_workspace(workspace):
            self.work(workspace, options)

    def work(self, workspace: Workspace, options: dict[str, Any]) -> None:
        """What the command does, inside the workspace."""
        raise NotImplementedError
