from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import CommandError

from sampler.actions.roll_back_plan import NothingToRollBack, roll_back_plan
from sampler.selectors.plan_history import past_plan, recent_plans
from stratum.core.clock import now
from stratum.core.models import Workspace
from stratum.core.permissions import VERBS
from stratum.core.workspace_command import WorkspaceCommand


class Command(WorkspaceCommand):
    help = "Proposes to take a plan back; without --plan it lists the latest plans."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--plan", type=int, help="The plan's number.")

    def work(self, workspace: Workspace, options: dict[str, Any]) -> None:
        if options["plan"] is None:
            for plan in recent_plans(limit=10):
                self.stdout.write(f"{plan.id}  {plan.day}  {plan.account_name}: {plan.basis}")
            return
        try:
            back = roll_back_plan(options["plan"], by="command line", verbs=VERBS, now=now())
        except NothingToRollBack as refused:
            raise CommandError(str(refused)) from refused
        except ObjectDoesNotExist as problem:
            raise CommandError(f"{workspace.name} has no plan {options['plan']}") from problem
        stand = ", ".join(f"{count} {status}" for status, count in past_plan(back.plan.pk).changes.items())
        self.stdout.write(f"Plan {back.plan.pk}. {back.plan.basis} Its changes: {stand}.")
