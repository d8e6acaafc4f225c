from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from attribution.row_kinds import AD_DAYS
from stratum.core.actions.choose_revenue import choose_revenue
from stratum.core.import_command import ImportCommand
from stratum.core.models import AdDay, Workspace


class Command(ImportCommand):
    help = "Loads what ads did on each day. A row is known by its day and ad: importing a file again changes nothing."
    kind = AD_DAYS
    revenue_source = Workspace.RevenueSource.PLATFORM
    counted = "ad-days are new or changed"
    tables = (AdDay,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--revenue",
            choices=Workspace.RevenueSource.values,
            help="Where the workspace's revenue comes from: platform uses conversion_value, crm the deals. It is kept.",
        )

    def prepare(self, workspace: Workspace, options: dict[str, Any]) -> None:
        if options["revenue"]:
            choose_revenue(workspace, options["revenue"], actor="command line")
