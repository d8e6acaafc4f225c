from __future__ import annotations

import json
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from attribution.actions.conversions.connect_destination import connect_destination
from attribution.actions.credit.set_matching import set_matching
from attribution.actions.crm.connect_crm import connect_crm
from sampler.actions.set_limits import set_limits
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.api.authentication import keep_key
from stratum.core.clock import now
from stratum.core.models import AdAccount, User, Workspace
from stratum.core.permissions import INGEST, READ
from stratum.core.tenancy import in_workspace
from stratum.sandbox.config import SandboxConfig
from stratum.sandbox.market.build import ORGANIC_SHARE

NAME = "Demo"
EMAIL = "demo@stratum.example"
# 1.6 × the budgets that the demo account starts with, with room for the platform's 25 % overspend on a day.
DAILY_CAP_USD = 1_600
AD_DRIVEN_SHARE = 1 - ORGANIC_SHARE
"""What the simulated shop's own holdout test found: of its leads, those that ads brought."""


class Command(BaseCommand):
    help = "Makes the demo workspace, connected to the simulated platforms. Does nothing when it is there already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--config", type=Path, default=settings.BASE_DIR / ".stratum" / "sandbox.json")

    def handle(self, *args: Any, **options: Any) -> None:
        if Workspace.objects.filter(name=NAME).exists():
            return
        path: Path = options["config"]
        if not path.is_file():
            raise CommandError(f"{path} is missing: `make run` writes it")
        password = secrets.token_urlsafe(9)
        # Before the commit: a kill in between must not leave an account whose password nobody knows.
        sign_in = path.with_name("demo.json")
        sign_in.touch(mode=0o600)
        sign_in.write_text(json.dumps({"email": EMAIL, "password": password}))
        with transaction.atomic():
            self._make(SandboxConfig.load(path), password)
        self.stdout.write(f"The workspace “{NAME}” is ready.")

    def _make(self, config: SandboxConfig, password: str) -> None:
        owner = User.objects.create_superuser(EMAIL, password)
        prefix = config.api_key.split("_")[1]
        workspace = make_workspace(
            name=NAME,
            owner=owner,
            currency=config.home_currency,
            timezone=config.accounts[0].timezone,
            write_key=config.write_key,
            key_prefix=prefix,
        )
        keep_key(workspace, config.api_key, label="website", scopes=[READ, INGEST])
        with in_workspace(workspace):
            connect_crm(
                workspace,
                portal_id=config.portal_id,
                access_token=config.crm_token,
                client_secret=config.client_secret,
                actor="demo",
            )
            for profile in config.accounts:
                account = AdAccount.objects.create(
                    workspace=workspace,
                    platform=AdAccount.Platform.META,
                    external_id=profile.external_id,
                    name=profile.name,
                    currency=profile.currency,
                    timezone=profile.timezone,
                    access_token=config.access_token,
                )
                connect_destination(
                    workspace,
                    actor="demo",
                    platform="meta",
                    name=f"{profile.name} at Meta",
                    external_id=profile.pixel_id,
                    access_token=config.access_token,
                    default_region="US",
                    needs_consent=False,  # its people are simulated, and so is the platform that hears of them
                    dry_run=False,
                )
                set_limits(account, actor="demo", daily_cap=DAILY_CAP_USD * 100)
            set_matching(
                workspace,
                actor="demo",
                now=now(),
                ad_driven_share=AD_DRIVEN_SHARE,
                ad_driven_share_source="Holdout test of the simulated shop",
            )
