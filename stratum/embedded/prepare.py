"""The steps between the servers and the programs, in one process, because importing Django is what takes their time."""

from __future__ import annotations

import sys
from pathlib import Path

import django
from django.core.management import call_command


def main(sandbox_file: str | None) -> None:
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    call_command("sync_schedule")
    if sandbox_file:
        call_command("demo", config=Path(sandbox_file))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
