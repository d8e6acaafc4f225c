"""`python manage.py sandbox --config FILE`: the sandbox on its own, in the foreground, until a signal stops it."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from stratum.sandbox import Sandbox, SandboxConfig


class Command(BaseCommand):
    help = "Runs the market with known truth behind its Graph and CRM servers."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--config", help="a JSON file with the fields of SandboxConfig; without it, the demo profile"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        config = SandboxConfig.load(options["config"]) if options["config"] else SandboxConfig()
        stopped = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopped.set())
        with Sandbox(config).start() as sandbox:
            self.stdout.write(f"graph {sandbox.graph_url}\ncrm {sandbox.crm_url}")
            self.stdout.flush()
            stopped.wait()
