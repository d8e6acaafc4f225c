from __future__ import annotations

from pathlib import Path
from typing import Any

from attribution.actions.record_touchpoints import record_touchpoints
from attribution.row_fields import TOUCHPOINT
from stratum.core.csv_files import ImportReport, import_csv
from stratum.core.import_command import ImportCommand
from stratum.core.models import Workspace


class Command(ImportCommand):
    help = "Loads touchpoints. Each touchpoint_id counts once; deals that a late click explains are matched again."

    def load(self, workspace: Workspace, path: Path, options: dict[str, Any]) -> ImportReport:
        new = 0

        def store(rows: list[dict[str, Any]]) -> None:
            nonlocal new
            new += record_touchpoints(workspace, rows)

        report = import_csv(path, TOUCHPOINT, store, progress=not options["no_progress"])
        self.stdout.write(f"{new:,} touchpoints are new.")
        return report
