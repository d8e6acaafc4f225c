from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from attribution.actions.credit.replay import Replayed, replay
from stratum.core.clock import now
from stratum.core.models import Workspace
from stratum.core.workspace_command import WorkspaceCommand

SHOWN = 10


class Command(WorkspaceCommand):
    help = "Derives events, people, values and credits anew from what was kept, and says what differs from what stands."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--repair", action="store_true", help="Put right what differs.")

    def work(self, workspace: Workspace, options: dict[str, Any]) -> None:
        found = replay(workspace, now=now(), repair=options["repair"], actor="command line")
        self.stdout.write(
            f"{found.deliveries:,} deliveries, {found.keys:,} keys of people and {found.deals:,} deals were derived anew."
        )
        if found.waiting:
            self.stdout.write(f"{found.waiting:,} deals wait to be looked at again and may differ until then.")
        if found.older:
            self.stdout.write(
                f"{found.older:,} deals were matched by an older version of what was learnt; `attribute` matches all by the newest."
            )
        if found.equal:
            self.stdout.write("Equal: 0 rows differ, 0 lines posted.")
            return
        for sentence in _differences(found):
            self.stdout.write(sentence)
        if options["repair"]:
            self.stdout.write(f"Repaired: {found.lines:,} ledger lines posted.")
        else:
            raise CommandError("The replay is not equal to what stands; --repair puts it right.", returncode=1)


def _differences(found: Replayed) -> list[str]:
    told = [
        (found.events_missing, "events of stored deliveries are not known", []),
        (found.keys_wrong, "keys do not stand with the person that their edges name", []),
        (len(found.values_wrong), "deals are not worth what was last told of them", found.values_wrong),
        (len(found.unbalanced), "deals have lines that do not add up to their value", found.unbalanced),
        (len(found.otherwise), "deals would be credited otherwise", found.otherwise),
    ]
    return [
        f"{count:,} {words}{': ' + ', '.join(deals[:SHOWN]) if deals else ''}{' …' if len(deals) > SHOWN else ''}"
        for count, words, deals in told
        if count
    ]
