from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from attribution.actions.people.erase_person import erase_person
from stratum.core.clock import now
from stratum.core.models import Workspace
from stratum.core.workspace_command import WorkspaceCommand


class Command(WorkspaceCommand):
    help = (
        "Erases a person and keeps the money: what came in with their keys counts for the ads, and for nobody any more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        for name, words in {"email": "their e-mail address", "phone": "their phone number", "contact": "their id in the CRM"}.items():  # fmt: skip
            parser.add_argument(f"--{name}", default="", help=words)

    def work(self, workspace: Workspace, options: dict[str, Any]) -> None:
        named = {name: options[name].strip() for name in ("email", "phone", "contact")}
        if not any(named.values()):
            raise CommandError("say who: --email, --phone or --contact")
        named["contact_id"] = named.pop("contact")
        erased = erase_person(workspace, **named, actor="command line", now=now())
        counts = {name: number for name, number in erased.__dict__.items() if number}
        found = ", ".join(f"{number:,} {name}" for name, number in counts.items()) or "nothing of them was kept"
        self.stdout.write(f"Erased: {found}. The ledger stands as it stood; what names them again is dropped.")
