from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from learning.actions.turn_cycle import turn_cycle
from sampler.selectors import waiting_changes
from stratum.core.clock import now
from stratum.core.models import Workspace
from stratum.core.tenancy import in_workspace


class Command(BaseCommand):
    help = "Turns the loop once, now: hear, measure, learn, decide, guard. What waits is reviewed at /decisions/ or in the admin."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True)
        parser.add_argument("--until", type=date.fromisoformat, help="The last day that counts, like 2020-06-09.")
        parser.add_argument("--seed", type=int, help="Draw the plan again as it was drawn with this seed.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            workspace = Workspace.named(options["workspace"])
        except Workspace.DoesNotExist:
            names = ", ".join(f"“{name}”" for name in Workspace.objects.order_by("id").values_list("name", flat=True))
            raise CommandError(
                f"there is no workspace “{options['workspace']}”; there is {names or 'none yet'}"
            ) from None
        at = now()
        seed = int(at.timestamp()) if options["seed"] is None else options["seed"]
        report = turn_cycle(workspace, until=options["until"], now=at, rng_seed=seed)
        self.stdout.write(report.learnt)
        for turn in report.accounts:
            self.stdout.write(turn.sentence)
        for trouble in report.troubles:
            self.stderr.write(trouble)
        self._show(workspace)

    def _show(self, workspace: Workspace) -> None:
        with in_workspace(workspace):
            waiting = waiting_changes()
        for card in waiting[:10]:
            self.stdout.write(f"  {card.title}: {card.because[0].sentence if card.because else ''}")
        if len(waiting) > 10:
            self.stdout.write(f"  … and {len(waiting) - 10} more at /decisions/")
