from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from attribution.actions.crm.reconcile import reconcile
from attribution.models import CrmConnection
from attribution.selectors import reconciliation
from stratum.core.clock import now
from stratum.core.models import Workspace
from stratum.core.tenancy import in_workspace
from stratum.platforms.http import NoAnswer, Refused, TryLater


class Command(BaseCommand):
    help = "Compares every deal of the CRM with what is stored, reads again what differs, and says how much revenue is verified."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            workspace = Workspace.named(options["workspace"])
        except Workspace.DoesNotExist:
            raise CommandError(f"there is no workspace “{options['workspace']}”") from None
        with in_workspace(workspace):
            portals = list(CrmConnection.objects.filter(is_active=True).order_by("id"))
            if not portals:
                raise CommandError(f"“{workspace.name}” has no CRM connection")
            for portal in portals:
                self._reconcile(workspace, portal)
            found = reconciliation()
        if found and found.share_verified is not None:
            money = f"{found.revenue_verified:,} of {found.revenue:,} {found.currency}"
            self.stdout.write(f"{found.share_verified:.2%} of revenue verified: {money}.")

    def _reconcile(self, workspace: Workspace, portal: CrmConnection) -> None:
        try:
            run = reconcile(workspace, portal, now=now())
        except (NoAnswer, TryLater, Refused) as problem:
            raise CommandError(f"{portal} could not be listed: {problem}") from problem
        self.stdout.write(
            f"{portal}: {run.compared:,} deals compared, {run.equal:,} equal, {run.missing:,} were missing, "
            f"{run.different:,} different, {run.gone:,} gone; {run.repaired:,} repaired."
        )
