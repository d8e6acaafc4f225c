from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from stratum.core.actions.make_workspace import make_workspace
from stratum.core.csv_files import ImportReport, check_file, import_csv, listed
from stratum.core.models import Workspace
from stratum.core.rows import Field
from stratum.core.tenancy import in_workspace


class ImportCommand(BaseCommand):
    """Base of the file commands: `manage.py import_… FILE --workspace W`. Makes the workspace where it is missing."""

    fields: Mapping[str, Field]
    aliases: Mapping[str, str] = {}
    revenue_source = Workspace.RevenueSource.CRM
    counted = "rows are new or changed"

    def store(self, workspace: Workspace, rows: list[dict[str, Any]]) -> int:
        """Stores good rows and returns how many of what `counted` says. ValueError refuses the file."""
        raise NotImplementedError

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--workspace", required=True, help="Name of the workspace; made where it is missing.")
        parser.add_argument("--no-progress", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        ignored = check_file(path, self.fields, self.aliases)
        if ignored:
            self.stdout.write(f"Columns that mean nothing here and are ignored: {', '.join(ignored)}.")
        counted = 0

        def store(rows: list[dict[str, Any]]) -> None:
            nonlocal counted
            counted += self.store(workspace, rows)

        try:
            # A file that is refused halfway leaves nothing behind, not even the workspace that was made for it.
            with transaction.atomic():
                workspace = self._workspace(options["workspace"])
                with in_workspace(workspace):
                    report = import_csv(
                        path, self.fields, store, aliases=self.aliases, progress=not options["no_progress"]
                    )
        except ValueError as refused:
            raise CommandError(str(refused)) from refused
        self._tell(report, path, counted)

    def _workspace(self, name: str) -> Workspace:
        try:
            return Workspace.named(name)
        except Workspace.DoesNotExist:
            self.stdout.write(f"There was no workspace “{name}”, so it was made.")
            return make_workspace(name=name, revenue_source=self.revenue_source)

    def _tell(self, report: ImportReport, path: Path, counted: int) -> None:
        self.stdout.write(
            f"{report.read - report.bad:,} of {report.read:,} rows of {path.name} loaded: {counted:,} {self.counted}."
        )
        if report.errors_path:
            for sentence in listed(report.errors_path):
                self.stderr.write(sentence)
            raise CommandError(f"{report.bad:,} bad rows are listed in {report.errors_path}.", returncode=1)
