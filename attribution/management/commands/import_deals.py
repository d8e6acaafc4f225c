from __future__ import annotations

from pathlib import Path
from typing import Any

from attribution.actions.import_deals import import_deals
from attribution.row_fields import DEAL
from stratum.core.csv_files import ImportReport, import_csv
from stratum.core.import_command import ImportCommand
from stratum.core.models import Workspace


class Command(ImportCommand):
    help = "Loads deals, one row a state; the newest state of each deal counts."

    def load(self, workspace: Workspace, path: Path, options: dict[str, Any]) -> ImportReport:
        booked = 0

        def store(rows: list[dict[str, Any]]) -> None:
            nonlocal booked
            booked += import_deals(workspace, rows)

        report = import_csv(path, DEAL, store, progress=not options["no_progress"])
        self.stdout.write(f"{booked:,} deals were stored and matched.")
        return report
