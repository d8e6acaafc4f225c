from __future__ import annotations

from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from attribution.actions.credit.attribute_everything import Attributed, attribute_everything, set_anchor
from attribution.models import Deal
from stratum.core.clock import now
from stratum.core.models import Workspace
from stratum.core.periods import day_begins
from stratum.core.workspace_command import WorkspaceCommand


class Command(WorkspaceCommand):
    help = "Learns how to match, matches every deal anew and spreads the rest: to be run after files were imported."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--ad-driven-share",
            type=float,
            metavar="X",
            help="Share of leads that ads brought, 0 to 1, as a lift study or a holdout has measured it. It is kept.",
        )
        parser.add_argument("--until", type=date.fromisoformat, help="The last day of leads to learn from.")
        parser.add_argument("--no-progress", action="store_true")

    def work(self, workspace: Workspace, options: dict[str, Any]) -> None:
        if (share := options["ad_driven_share"]) is not None:
            try:
                set_anchor(workspace, share, source="command line")
            except ValueError as refused:
                raise CommandError(str(refused)) from refused
        until = options["until"] and day_begins(options["until"] + timedelta(days=1), workspace.timezone)
        with tqdm(total=Deal.objects.count(), unit=" deals", disable=options["no_progress"] or None) as bar:
            found = attribute_everything(workspace, now=now(), until=until, progress=bar.update)
        self._tell(workspace, found)

    def _tell(self, workspace: Workspace, found: Attributed) -> None:
        if found.ads_made:
            self.stdout.write(f"{found.ads_made:,} ads were made that only clicks have named, under “Imported ads”.")
        if found.learnt is None:
            self.stdout.write(
                "Too few leads have a known person to learn from, so matching uses what was known before: "
                "the table that every workspace starts with, until it has learnt one of its own."
            )
        else:
            self.stdout.write(
                f"Learnt from {found.learnt.deals:,} leads with a known person and {found.learnt.pairs:,} pairs: version {found.learnt.version}."
            )
            for cell in found.learnt.reliability:
                self.stdout.write(f"  reliability: {', '.join(f'{name} {value}' for name, value in cell.items())}")
        self.stdout.write(f"{found.deals:,} deals matched, {found.lines:,} ledger lines posted.")
        total = sum(found.layers.values())
        for layer, amount in found.layers.items():
            share = f"{amount / total:7.1%}" if total else "      –"
            self.stdout.write(f"  {layer.value:<14}{amount:>18,.2f} {workspace.currency} {share}")
        if found.rest:
            how = f"measured ({found.rest.source})" if found.rest.anchored else "assumed; no experiment has measured it"
            self.stdout.write(f"Share of leads that ads brought: {found.rest.ad_driven_share:.1%}, {how}.")
