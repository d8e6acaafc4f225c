from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from sampler.actions.resume_budgets import resume_budgets
from stratum.core.clock import now
from stratum.core.models import AdAccount, Workspace
from stratum.core.permissions import VERBS
from stratum.core.workspace_command import WorkspaceCommand


class Command(WorkspaceCommand):
    help = (
        "Switches on again what Stratum paused in an ad account that spent too fast. `halt --lift` lets sending go on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--account", required=True, help="The platform's id of the ad account.")

    def work(self, workspace: Workspace, options: dict[str, Any]) -> None:
        account = AdAccount.objects.filter(external_id=options["account"]).first()
        if account is None:
            raise CommandError(f"{workspace.name} has no ad account {options['account']}")
        count = resume_budgets(account, by="command line", verbs=VERBS, now=now())
        self.stdout.write(f"{account}: {count} budgets are switched on again.")
