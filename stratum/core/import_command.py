from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from stratum.core.actions.make_workspace import make_workspace
from stratum.core.csv_files import ImportReport, listed
from stratum.core.models import Workspace
from stratum.core.tenancy import in_workspace


class ImportCommand(BaseCommand):
    """Base of the file commands: `manage.py import_… FILE --workspace W`. Makes the workspace where it is missing."""

    revenue_source = Workspace.RevenueSource.CRM

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--workspace", required=True, help="Name of the workspace; made where it is missing.")
        parser.add_argument("--no-progress", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        workspace = self._workspace(options["workspace"], options)
        with in_workspace(workspace):
            report = self.load(workspace, options["file"], options)
        self._tell(report, options["file"])

    def load(self, workspace: Workspace, path: Path, options: dict[str, Any]) -> ImportReport:
        raise NotImplementedError

    def _workspace(self, name: str, options: dict[str, Any]) -> Workspace:
        try:
            return Workspace.named(name)
        except Workspace.DoesNotExist:
            if not options["file"].is_file():
                raise CommandError(f"{options['file']} is not a file. Nothing was loaded.") from None
            return make_workspace(name=name, revenue_source=self.revenue_source)

    def _tell(self, report: ImportReport, path: Path) -> None:
        self.stdout.write(f"{report.read - report.bad:,} of {report.read:,} rows of {path.name} loaded.")
        if report.errors_path:
            for sentence in listed(report.errors_path):
                self.stderr.write(sentence)
            raise CommandError(f"{report.bad:,} bad rows are listed in {report.errors_path}.", returncode=1)
