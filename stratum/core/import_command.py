from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Model

from stratum.core.actions.make_workspace import make_workspace
from stratum.core.csv_columns import describe
from stratum.core.csv_errors import listed
from stratum.core.csv_files import CheckedFile, ImportReport, check_file, import_csv
from stratum.core.models import Workspace
from stratum.core.number_formats import COMMA, DAY_FIRST, MONTH_FIRST, POINT
from stratum.core.planner import analyse
from stratum.core.sent_rows import RowKind
from stratum.core.tenancy import in_workspace

DECIMALS = {form.name: form for form in (POINT, COMMA)}
DATES = {form.name: form for form in (DAY_FIRST, MONTH_FIRST)}


class DryRun(Exception):
    """Takes back what a rehearsal stored."""


class ImportCommand(BaseCommand):
    """Base of the file commands: `manage.py import_… FILE --workspace W`. Makes the workspace where it is missing."""

    kind: RowKind
    revenue_source = Workspace.RevenueSource.CRM
    counted = "rows are new or changed"
    tables: Sequence[type[Model]] = ()
    """What the file fills: the planner is told how large they are while they grow, as no vacuum can see into a transaction."""

    def prepare(self, workspace: Workspace, options: dict[str, Any]) -> None:
        """What is to be done before the first row is stored."""

    def remark(self) -> str:
        """A sentence about what was loaded, for the summary; empty where there is nothing to say."""
        return ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--workspace", required=True, help="Name of the workspace; made where it is missing.")
        parser.add_argument("--no-progress", action="store_true")
        parser.add_argument("--dry-run", action="store_true", help="Shows how the file is read, and stores nothing.")
        parser.add_argument(
            "--decimal", choices=list(DECIMALS), help="How numbers are written, where the file does not tell."
        )
        parser.add_argument(
            "--dates", choices=list(DATES), help="Whether day or month comes first, where the file does not tell."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file = check_file(options["file"], self.kind, self._given(options))
        for sentence in describe(file.layout):
            self.stdout.write(sentence)
        self.stdout.flush()
        report, remark = ImportReport(), ""
        try:
            # A file that is refused halfway leaves nothing behind, not even the workspace that was made for it.
            with transaction.atomic():
                report, remark = self._load(file, options)
                if options["dry_run"]:
                    raise DryRun
        except DryRun:
            self.stdout.write("This was a rehearsal: nothing was stored.")
        except ValueError as refused:
            raise CommandError(str(refused)) from refused
        self._tell(report, file.path, remark)

    def _given(self, options: dict[str, Any]) -> dict[str, Any]:
        given = {"number": DECIMALS.get(options["decimal"]), "day": DATES.get(options["dates"])}
        return {kind: form for kind, form in given.items() if form}

    def _load(self, file: CheckedFile, options: dict[str, Any]) -> tuple[ImportReport, str]:
        workspace, chunks = self._workspace(options["workspace"], file), 0

        def after() -> None:
            nonlocal chunks
            chunks += 1
            if chunks & (chunks - 1) == 0:
                analyse(*self.tables)

        with in_workspace(workspace):
            self.prepare(workspace, options)
            report = import_csv(file, self.kind, workspace, after=after, progress=not options["no_progress"])
            analyse(*self.tables)
            return report, self.remark()

    def _workspace(self, name: str, file: CheckedFile) -> Workspace:
        try:
            return Workspace.named(name)
        except Workspace.DoesNotExist:
            workspace = make_workspace(
                name=name, revenue_source=self.revenue_source, **self.kind.implied(file.layout.header)
            )
            self.stdout.write(f"There was no workspace “{name}”, so it was made, in {workspace.currency}.")
            return workspace

    def _tell(self, report: ImportReport, path: Path, remark: str) -> None:
        self.stdout.write(
            f"{report.read - report.bad:,} of {report.read:,} rows of {path.name} loaded: {report.outcome.stored:,} {self.counted}, "
            f"{report.merged:,} were merged with others or stored already."
        )
        if report.totals:
            self.stdout.write(f"{report.totals:,} lines of totals were left out.")
        for sentence in [*report.outcome.sentences(), *([remark] if remark else [])]:
            self.stdout.write(sentence)
        if report.errors_path:
            for sentence in listed(report.errors_path):
                self.stderr.write(sentence)
            raise CommandError(f"{report.bad:,} bad rows are listed in {report.errors_path}.", returncode=1)
