from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Model

from stratum.core.actions.make_workspace import make_workspace
from stratum.core.csv_files import ImportReport, check_file, import_csv, listed
from stratum.core.models import Workspace
from stratum.core.planner import analyse
from stratum.core.rows import Field
from stratum.core.tenancy import in_workspace


class ImportCommand(BaseCommand):
    """Base of the file commands: `manage.py import_… FILE --workspace W`. Makes the workspace where it is missing."""

    fields: Mapping[str, Field]
    aliases: Mapping[str, str] = {}
    revenue_source = Workspace.RevenueSource.CRM
    counted = "rows are new or changed"
    tables: Sequence[type[Model]] = ()
    """What the file fills: the planner is told how large they are while they grow, as no vacuum can see into a transaction."""

    def store(self, workspace: Workspace, rows: list[dict[str, Any]]) -> int:
        """Stores good rows and returns how many of what `counted` says. ValueError refuses the file."""
        raise NotImplementedError

    def remark(self) -> str:
        """A sentence about what was loaded, for the summary; empty where there is nothing to say."""
        return ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--workspace", required=True, help="Name of the workspace; made where it is missing.")
        parser.add_argument("--no-progress", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        ignored = check_file(path, self.fields, self.aliases)
        if ignored:
            self.stdout.write(f"Columns that mean nothing here and are ignored: {', '.join(ignored)}.")
        counted = chunks = 0

        def store(rows: list[dict[str, Any]]) -> None:
            nonlocal counted, chunks
            counted += self.store(workspace, rows)
            chunks += 1
            if chunks & (chunks - 1) == 0:
                analyse(*self.tables)

        try:
            # A file that is refused halfway leaves nothing behind, not even the workspace that was made for it.
            with transaction.atomic():
                workspace = self._workspace(options["workspace"])
                with in_workspace(workspace):
                    report = import_csv(
                        path, self.fields, store, aliases=self.aliases, progress=not options["no_progress"]
                    )
                    analyse(*self.tables)
                    remark = self.remark()
        except ValueError as refused:
            raise CommandError(str(refused)) from refused
        self._tell(report, path, counted, remark)

    def _workspace(self, name: str) -> Workspace:
        try:
            return Workspace.named(name)
        except Workspace.DoesNotExist:
            self.stdout.write(f"There was no workspace “{name}”, so it was made.")
            return make_workspace(name=name, revenue_source=self.revenue_source)

    def _tell(self, report: ImportReport, path: Path, counted: int, remark: str) -> None:
        self.stdout.write(
            f"{report.read - report.bad:,} of {report.read:,} rows of {path.name} loaded: {counted:,} {self.counted}."
        )
        if remark:
            self.stdout.write(remark)
        if report.errors_path:
            for sentence in listed(report.errors_path):
                self.stderr.write(sentence)
            raise CommandError(f"{report.bad:,} bad rows are listed in {report.errors_path}.", returncode=1)
