"""The steps between the servers and the programs, in one process, because importing Django is what takes their time."""

from __future__ import annotations

import sys
from pathlib import Path

import django
from django.core.management import call_command

from stratum.embedded.places import state_folder
from stratum.embedded.processes import Lock


def main(sandbox_file: str | None) -> None:
    django.setup()
    tables = Lock(state_folder() / "tables.lock")  # a first command of another shell makes them too
    tables.take(wait=True)
    call_command("migrate", verbosity=0, interactive=False)
    tables.release()
    call_command("sync_schedule")
    if sandbox_file:
        call_command("demo", config=Path(sandbox_file))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
