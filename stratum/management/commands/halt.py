from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from stratum.core.actions.halt_sending import halt_sending, lift_halt
from stratum.core.clock import now
from stratum.core.models import AdAccount, Workspace
from stratum.core.tenancy import current_workspace_id
from stratum.core.workspace_command import WorkspaceCommand


class Command(WorkspaceCommand):
    help = "Stops all sending of a workspace, or of one ad account, at once. --lift lets it go on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--account", help="The platform's id of one ad account; all of them without it.")
        parser.add_argument("--because", default="asked for on the command line")
        parser.add_argument("--lift", action="store_true")

    def work(self, workspace: Workspace, options: dict[str, Any]) -> None:
        of: Workspace | AdAccount = Workspace.objects.get(pk=current_workspace_id())
        if options["account"]:
            found = AdAccount.objects.filter(external_id=options["account"]).first()
            if found is None:
                raise CommandError(f"{workspace.name} has no ad account {options['account']}")
            of = found
        if options["lift"]:
            lift_halt(of, actor="command line")
        else:
            halt_sending(of, because=options["because"], actor="command line", now=now())
        self.stdout.write(
            f"{of}: {'approved changes are sent again' if options['lift'] else 'nothing is sent any more'}."
        )
