from __future__ import annotations

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from attribution.selectors import every_credit
from stratum.core.models import Workspace
from stratum.core.money import to_major
from stratum.core.tenancy import in_workspace

COLUMNS = ("deal_id", "ad_id", "touchpoint_id", "layer", "confidence", "credit", "amount", "currency")


class Command(BaseCommand):
    help = (
        "Writes who is credited for what, one row a credit: the credits of a deal sum to one and its amounts to its value, "
        "an unattributed row always among them. The modelled layer is expanded deal by deal."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--workspace", required=True)
        parser.add_argument("--no-progress", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            workspace = Workspace.named(options["workspace"])
        except Workspace.DoesNotExist:
            raise CommandError(f"there is no workspace “{options['workspace']}”") from None
        if workspace.revenue_source != Workspace.RevenueSource.CRM:
            raise CommandError(
                f"“{workspace.name}” takes its revenue from the ad platform, so it has no credits of deals"
            )
        try:
            handle = path.open("w", newline="", encoding="utf-8")
        except OSError as problem:
            raise CommandError(f"{path} cannot be written: {problem.strerror}") from problem
        rows, deals = 0, set()
        with handle, in_workspace(workspace):
            writer = csv.writer(handle)
            writer.writerow(COLUMNS)
            for line in tqdm(every_credit(), unit=" rows", disable=True if options["no_progress"] else None):
                amount = to_major(line.amount, workspace.currency)
                writer.writerow([line.deal, line.ad, line.touchpoint, line.layer, f"{line.confidence:.6g}", line.credit, amount, workspace.currency])  # fmt: skip
                deals.add(line.deal)
                rows += 1
        self.stdout.write(f"{rows:,} credits of {len(deals):,} deals are in {path}.")
