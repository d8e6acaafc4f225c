from __future__ import annotations

import secrets
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from stratum.core.actions.make_workspace import make_workspace
from stratum.core.api.authentication import make_key
from stratum.core.models import User, Workspace
from stratum.core.permissions import VERBS


class Command(BaseCommand):
    help = "Makes a workspace and prints its API key, which cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--currency", default="USD")
        parser.add_argument("--timezone", default="UTC")
        parser.add_argument(
            "--owner", help="E-mail of a person who becomes its owner; made where missing, with a printed password."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if Workspace.objects.filter(name=options["name"]).exists():
            raise CommandError(f"a workspace named “{options['name']}” is there already")
        owner, password = self._owner(options["owner"])
        workspace = make_workspace(
            name=options["name"], owner=owner, currency=options["currency"].upper(), timezone=options["timezone"]
        )
        key = make_key(workspace, label="first key", scopes=list(VERBS))
        self.stdout.write(f"workspace  {workspace.name}\nwrite key  {workspace.write_key}\nAPI key    {key}")
        if password:
            self.stdout.write(f"sign in    {owner.email} / {password}")

    def _owner(self, email: str | None) -> tuple[User | None, str | None]:
        if not email:
            return None, None
        if user := User.objects.filter(email=email).first():
            return user, None
        password = secrets.token_urlsafe(9)
        return User.objects.create_user(email, password, is_staff=True), password
