from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from attribution.actions.store_ad_days import store_ad_days
from attribution.row_fields import AD_DAY, AD_DAY_ALIASES
from stratum.core.csv_files import ImportReport, import_csv
from stratum.core.import_command import ImportCommand
from stratum.core.models import AdAccount, Workspace


class Command(ImportCommand):
    help = "Loads what ads did on each day. A row is known by its day and ad: importing a file again changes nothing."
    revenue_source = Workspace.RevenueSource.PLATFORM

    def load(self, workspace: Workspace, path: Path, options: dict[str, Any]) -> ImportReport:
        account, _ = AdAccount.objects.get_or_create(
            workspace=workspace,
            platform=AdAccount.Platform.IMPORT,
            external_id="file",
            defaults={"name": "Imported ads", "currency": workspace.currency, "timezone": workspace.timezone},
        )
        changed = 0

        def store(rows: list[dict[str, Any]]) -> None:
            nonlocal changed
            foreign = {row["currency"] for row in rows if row["currency"]} - {account.currency}
            if foreign:
                raise CommandError(f"the file has amounts in {', '.join(sorted(foreign))}, the workspace counts in {account.currency}")
            changed += store_ad_days(account, rows)

        report = import_csv(path, AD_DAY, store, aliases=AD_DAY_ALIASES, progress=not options["no_progress"])
        self.stdout.write(f"{changed:,} ad-days are new or changed.")
        return report
